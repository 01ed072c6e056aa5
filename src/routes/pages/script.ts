/**
 * What a page does beyond being read: it asks the server for itself again when something has happened, or when its filter
 * changes, and takes over the parts marked `data-live`. The server stays the only place that renders.
 */
export const SCRIPT = `const $ = (id) => document.getElementById(id);
const say = (text) => { const note = $('note'); if (note && note.textContent !== text) note.textContent = text; };
let sources = [], timer, current, polling, followed;

async function refresh() {
  timer = undefined;
  current?.abort();
  const mine = (current = new AbortController());
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, signal: mine.signal });
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {}
}

// What the server said last of each part; the reader has opened some of what is shown, and copied from it.
const said = new Map([...document.querySelectorAll('[data-live]')].map((part) => [part.id, part.innerHTML]));

function show(page) {
  for (const part of page.querySelectorAll('[data-live]')) {
    const old = $(part.id);
    const html = part.innerHTML;
    if (!old || said.get(part.id) === html) continue;
    said.set(part.id, html);
    for (const cell of part.querySelectorAll('[data-state]')) {
      const before = $(cell.id)?.dataset.state;
      if (before && before !== cell.dataset.state) cell.classList.add('changed');
    }
    const open = [...old.querySelectorAll('details[open][id]')].map(({ id }) => id);
    const stay = focusIn(old);
    old.replaceChildren(...part.childNodes);
    for (const id of open) $(id)?.setAttribute('open', '');
    stay();
  }
  document.title = page.title;
  follow(page.body.dataset);
}

// A keyboard stays where it is: at what leads to the same, or else at what stands in the same place.
const stopsIn = (part) => [...part.querySelectorAll('a, button, summary, input, select')];
const aimOf = (stop) => stop.getAttribute('href') ?? stop.dataset.copy ?? stop.closest('details')?.id ?? stop.name;

function focusIn(part) {
  const stops = stopsIn(part);
  const at = stops.indexOf(document.activeElement);
  if (at < 0) return () => {};
  const aim = aimOf(stops[at]);
  return () => {
    const now = stopsIn(part);
    const same = now[at] && aimOf(now[at]) === aim ? now[at] : now.find((stop) => aimOf(stop) === aim);
    (same ?? now[at] ?? now.at(-1) ?? $('main')).focus({ preventScroll: true });
  };
}

const soon = () => { timer ??= setTimeout(refresh, 400); };

// A page may have more to watch than before: the steps of a merge that was only planned.
function follow({ events = '', poll = '' }) {
  const now = events + ' ' + poll;
  if (now === followed) return;
  const hadSources = sources.length > 0;
  followed = now;
  for (const source of sources) source.close();
  clearInterval(polling);
  polling = poll ? setInterval(refresh, poll * 1000) : undefined;
  sources = events.split(' ').filter(Boolean).map(listen);
  if (hadSources && !events) say('Complete.');
}

function listen(url) {
  const source = new EventSource(url);
  source.onmessage = soon;
  source.onopen = () => say('Live.');
  source.onerror = () => {
    say('Connecting again.');
    // The stream of a merge ends when it rests; where no stream may be had, asking now and then must do.
    if (source.readyState === EventSource.CLOSED) polling ??= setInterval(refresh, 15000);
  };
  return source;
}

document.documentElement.classList.add('js');
const filter = document.querySelector('form[data-filter]');
filter?.addEventListener('input', () => {
  const pairs = [...new FormData(filter)].filter(([, value]) => value !== '');
  history.replaceState(null, '', pairs.length ? '?' + new URLSearchParams(pairs) : location.pathname);
  clearTimeout(timer);
  timer = setTimeout(refresh, 120);
});
document.addEventListener('click', async ({ target }) => {
  const button = target.closest('button[data-copy]');
  if (!button) return;
  await navigator.clipboard.writeText($(button.dataset.copy).textContent);
  button.textContent = 'Copied';
  say('Copied.');
});
follow(document.body.dataset);
`;
