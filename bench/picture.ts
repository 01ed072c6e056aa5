import type { Figure, Spread } from './figure.ts';
import { renderNumber } from './table.ts';

const WIDTH = 800;
/** Room for the longest names. */
const MARGIN = 90;
const LABEL_WIDTH = 290;
const BAR_WIDTH = 320;
const BAR_HEIGHT = 13;
const GAP = 14;
const TOP = 44;

/** Both colours are legible on light and on dark; text and lines follow what the reader prefers. */
const STYLE = `text{font:12px system-ui,sans-serif;fill:#1f2328}.muster{fill:#2f81f7}.peer{fill:#8b949e}.goal{stroke:#cf222e}
.whisker{stroke:#1f2328}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.whisker{stroke:#e6edf3}.goal{stroke:#ff7b72}}`;

/**
 * Bars of the medians, a whisker from the least to the most; each figure has a scale of its own, for units differ. A red
 * line is a goal.
 *
 * @see https://www.w3.org/TR/SVG2/
 */
export function drawFigures(title: string, figures: readonly Figure[]): string {
  let top = TOP;
  const rows = figures.map((figure) => {
    const row = drawRow(figure, top);
    top += (figure.peer ? 2 : 1) * BAR_HEIGHT + GAP;
    return row;
  });
  const peers = [...new Set(figures.flatMap(({ peer }) => peer?.name ?? []))];
  const height = top + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} 0 ${WIDTH + MARGIN} ${height}" width="${WIDTH + MARGIN}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title><style>${STYLE}</style>`,
    legend(peers),
    ...rows,
    '</svg>\n',
  ].join('\n');
}

function legend(peers: readonly string[]): string {
  const beside = peers.length > 0 ? `${swatch(90, 'peer')}${text(108, 20, peers.join(', '))}` : '';
  return `${swatch(10, 'muster')}${text(28, 20, 'Muster')}${beside}`;
}

function swatch(x: number, kind: string): string {
  return `<rect class="${kind}" x="${x}" y="10" width="12" height="12" rx="2"/>`;
}

function drawRow({ name, unit, muster, peer, goal }: Figure, top: number): string {
  const limit = goal?.of === 'muster' ? (goal.atMost ?? goal.atLeast) : undefined;
  const most = Math.max(muster.max, peer?.max ?? 0, limit ?? 0) || 1;
  const scale = (value: number) => (Math.max(0, value) / most) * BAR_WIDTH;
  const height = (peer ? 2 : 1) * BAR_HEIGHT;
  const line = LABEL_WIDTH + scale(limit ?? 0);
  return [
    text(LABEL_WIDTH - 8, top + height / 2 + 4, name, 'end'),
    drawBar(muster, 'muster', top, scale, unit),
    peer ? drawBar(peer, 'peer', top + BAR_HEIGHT, scale, unit) : '',
    limit === undefined
      ? ''
      : `<path class="goal" d="M${round(line)} ${top - 3}V${top + height + 2}" stroke-width="1.5"/>`,
  ].join('');
}

function drawBar(
  { min, median, max }: Spread,
  kind: string,
  top: number,
  scale: (value: number) => number,
  unit: string,
): string {
  const width = Math.max(1, scale(median));
  const middle = top + BAR_HEIGHT / 2;
  const whisker =
    min === max
      ? ''
      : `<path class="whisker" d="M${round(LABEL_WIDTH + scale(min))} ${middle}H${round(LABEL_WIDTH + scale(max))}"/>`;
  const label = `${renderNumber(median)} ${unit}`;
  return `<rect class="${kind}" x="${LABEL_WIDTH}" y="${top + 1}" width="${round(width)}" height="${BAR_HEIGHT - 2}" rx="2"/>${whisker}${text(LABEL_WIDTH + Math.max(scale(max), width) + 6, middle + 4, label)}`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'end' = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}"${anchor === 'end' ? ' text-anchor="end"' : ''}>${escapeXml(content)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
