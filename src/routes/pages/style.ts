/** The one sheet. Colour never speaks alone: every state has a shape and a word. */
export const STYLE = `:root {
  color-scheme: light dark;
  --paper: light-dark(#faf9f5, #131417); --card: light-dark(#fff, #1b1c21); --ink: light-dark(#1b1d22, #ebe9e4);
  --quiet: light-dark(#5b5f69, #a3a6ae); --line: light-dark(#e3e0d8, #2d2f36); --link: light-dark(#1f4fb4, #9dbaff);
  --good: light-dark(#17694a, #63d0a0); --work: light-dark(#865100, #efba62); --wait: light-dark(#5b5f69, #a3a6ae); --bad: light-dark(#ab1f18, #ff968d);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font: 16px/1.55 system-ui, sans-serif;
}
*, ::before, ::after { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font-size: .9375rem; overflow-wrap: break-word }
body > header, main, body > footer { padding-inline: max(clamp(1rem, 4vw, 2rem), (100% - 70rem) / 2) }
main { padding-block: 2rem 4rem }
main:focus { outline: 0 }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -.018em; font-weight: 650; margin: 0 0 .4rem; text-wrap: balance }
h2 { font-size: 1.0625rem; letter-spacing: -.005em; font-weight: 650; margin: 2.75rem 0 .75rem } h2 .quiet { font-weight: 400 }
h3 { font-size: .875rem; font-weight: 600; margin: 1.5rem 0 .35rem } h3.flat { margin: 0; font-weight: 650 }
p { margin: .4rem 0; max-width: 46rem; text-wrap: pretty } ul, ol { padding: 0; margin: 0; list-style: none }
a { color: var(--link); text-underline-offset: .2em; text-decoration-thickness: 1px } a:hover { text-decoration-thickness: 2px }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: .2rem }
code, .mono { font: .8125rem/1.5 var(--mono); overflow-wrap: anywhere }
h1 .mono, h1.mono { font-size: 1.375rem; font-weight: 600; letter-spacing: -.02em }
.lead { font-size: 1.0625rem; max-width: 48rem } .quiet { color: var(--quiet) } .small { font-size: .8125rem }
.good { color: var(--good) } .work { color: var(--work) } .wait, .aside { color: var(--wait) } .bad { color: var(--bad) }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.skip { position: absolute; left: -99rem } .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 1 }
svg.i { width: 1em; height: 1em; flex: none; vertical-align: -.125em } .sheet { display: none }

body > header { display: flex; flex-wrap: wrap; gap: .25rem 1.75rem; align-items: center; padding-block: .8rem; border-bottom: 1px solid var(--line) }
.brand { display: flex; gap: .55rem; align-items: center; font-weight: 650; color: inherit; text-decoration: none } .brand img { width: 1.5rem; height: 1.5rem; display: block }
nav ul { display: flex; flex-wrap: wrap; gap: .15rem 1.25rem } nav a { display: inline-block; padding-block: .25rem } body > header a:not(.brand) { color: var(--quiet); text-decoration: none } body > header a:hover { color: var(--ink) }
body > header a[aria-current] { color: var(--ink); font-weight: 600 }
#note { margin-left: auto; font-size: .8125rem; color: var(--quiet) } body > footer { border-top: 1px solid var(--line); padding-block: 1rem 2rem; color: var(--quiet); font-size: .8125rem; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; justify-content: space-between }
.crumbs { font-size: .8125rem; margin-bottom: .75rem } .crumbs li + li::before { content: "/"; color: var(--quiet); margin-right: .6rem } .crumbs ul { gap: .15rem .6rem }

.card { background: var(--card); border: 1px solid var(--line); border-radius: .65rem; padding: 1rem 1.2rem }
.verdict { border-left: .3rem solid var(--tone, var(--line)); margin-block: 1.25rem } .verdict.good { --tone: var(--good) } .verdict.bad { --tone: var(--bad) } .verdict.work { --tone: var(--work) } .verdict.wait, .verdict.aside { --tone: var(--wait) }
.verdict { color: var(--ink) } .verdict > :first-child { margin-top: 0 } .verdict > :last-child { margin-bottom: 0 }
.verdict h2, .verdict h3 { display: flex; gap: .5rem; align-items: baseline; margin: 0 0 .3rem; font-size: 1.0625rem } .verdict h2 svg, .verdict h3 svg { color: var(--tone); transform: translateY(.06em) }
.verdict + h2 { margin-top: 2rem } .verdict .rows h3 { font-size: .9375rem } .verdict.big h2 { font-size: 1.375rem; letter-spacing: -.012em }
.stack > * + * { margin-top: .6rem }

dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .4rem 1.5rem; margin: 0 } dt { color: var(--quiet) } dd { margin: 0; min-width: 0 }
.tally { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1rem }
.tally a { display: block; min-width: 7.5rem; padding: .5rem .85rem .6rem; border: 1px solid var(--line); border-radius: .55rem; background: var(--card); color: inherit; text-decoration: none } .tally a:hover { border-color: var(--quiet) } .tally a[aria-current] { border-color: var(--ink); box-shadow: inset 0 0 0 1px var(--ink) }
.tally b { display: block; font-size: 1.5rem; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: -.02em } .tally span { display: flex; gap: .4rem; align-items: center; font-size: .8125rem; color: var(--quiet) }
.bar { display: block; width: 100%; height: .6rem; border-radius: .3rem; background: var(--line) } .bar rect.good, .track rect.good { fill: var(--good) } .bar rect.work, .track rect.work { fill: var(--work) } .bar rect.wait { fill: var(--line) } .bar rect.bad, .track rect.bad { fill: var(--bad) } .bar rect.aside { fill: var(--wait) }

.cells { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 0 1.5rem }
.cells a { display: flex; gap: .55rem; align-items: baseline; padding: .32rem .45rem; margin-inline: -.45rem; border-radius: .4rem; color: inherit; text-decoration: none } .cells a:hover { background: var(--card); box-shadow: 0 0 0 1px var(--line) }
.cells .mono { flex: 1; min-width: 0 } .cells svg { transform: translateY(.13em) }
.legs { display: flex; flex-wrap: wrap; gap: 0 .55rem; font-size: .75rem; color: var(--quiet); justify-content: end } .legs span { white-space: nowrap } .legs .missing { text-decoration: underline dotted; text-underline-offset: .2em }
.legs i { display: inline-block; width: .45rem; height: .45rem; border-radius: 50%; border: 1.5px solid currentColor; margin-right: .28rem } .legs .here i { background: currentColor }
.group { display: flex; gap: .75rem; align-items: baseline; border-bottom: 1px solid var(--line); padding-bottom: .25rem } .group span { font-weight: 400 }
@media (prefers-reduced-motion: no-preference) { .changed { animation: changed 2.5s ease-out } } @keyframes changed { from { background: color-mix(in srgb, var(--work) 28%, transparent) } }

.steps li { display: grid; grid-template-columns: 1rem minmax(7rem, 19rem) minmax(4rem, 1fr) 4rem; gap: .15rem .8rem; align-items: center; padding: .3rem 0 } .steps li + li { border-top: 1px solid var(--line) }
.steps time, .num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; color: var(--quiet); font-size: .8125rem }
.track { width: 100%; height: .45rem; border-radius: .25rem; background: color-mix(in srgb, var(--line) 65%, transparent); display: block } .steps .note { grid-column: 2 / -1 }

.rows > li { padding: .7rem 0; border-top: 1px solid var(--line) } .rows > li:first-child { border-top: 0; padding-top: 0 } .rows > li:last-child { padding-bottom: 0 }
.line { display: flex; flex-wrap: wrap; gap: .15rem .9rem; align-items: baseline } #merges, #entries { margin-top: 1rem } #tally .bar { margin-top: .6rem } .line > svg.i { transform: translateY(.12em) } label:has([type=date]) { flex-basis: 16rem } form > a { align-self: center } .ref { display: flex; gap: .6rem; align-items: baseline } .ref code { min-width: 0 } .ref svg { transform: translateY(.12em) } .block { display: block } .push { margin-left: auto }
.rows .total { display: flex; gap: .6rem; align-items: baseline } .total svg { transform: translateY(.12em) } .total .num { margin-left: auto; font-size: .9375rem; color: var(--ink) } .total a[aria-current] { color: inherit; font-weight: 600 }
.entry, .entry > summary { display: grid; grid-template-columns: 1rem minmax(0, 4fr) minmax(0, 4fr) minmax(0, 5fr); gap: .1rem .75rem; align-items: baseline; width: auto; padding: 0 1.5rem 0 0; font-size: .9375rem; color: inherit } .entry svg { transform: translateY(.15em) } .entry[open] > summary { margin: 0 } .rows > li.entry { padding-right: 1.5rem } details.entry { display: block; padding: 0 } .entry > summary::-webkit-details-marker { display: none } .entry > summary { list-style: none; position: relative } .entry > summary::after { content: ""; position: absolute; right: .3rem; top: .45em; width: .45rem; height: .45rem; border: solid var(--quiet); border-width: 0 1.5px 1.5px 0; rotate: 45deg } .entry[open] > summary::after { rotate: 225deg; top: .65em } .entry > ul { margin: .75rem 0 .25rem 1.75rem; padding-left: 1rem; border-left: 2px solid var(--line) }
.state { display: inline-flex; gap: .4rem; align-items: baseline; white-space: nowrap; font-size: .8125rem } .state svg { transform: translateY(.12em) }
.tags li { display: flex; gap: .15rem 1rem; justify-content: space-between; flex-wrap: wrap; padding: .2rem 0 }

h1 ~ form, h1 ~ details, h1 ~ search { margin-top: 1.25rem } form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end } label { display: grid; gap: .25rem; flex: 1 1 11rem; color: var(--quiet); font-size: .8125rem } label.wide { flex-grow: 4; flex-basis: 20rem } label.check { display: flex; flex: none; gap: .45rem; align-items: center; padding-block: .6rem }
input, select, button, .button { font: inherit; font-size: .9375rem; line-height: 1.4; color: var(--ink); background: var(--card); border: 1px solid light-dark(#8f929a, #6e717a); border-radius: .45rem; padding: .5rem .7rem; min-width: 0; height: 2.5rem } input[type=checkbox] { height: 1rem } input[type=checkbox] { width: 1rem; height: 1rem; accent-color: var(--ink) }
input.mono { font: .8125rem var(--mono) } button { background: var(--ink); color: var(--paper); border-color: var(--ink); font-weight: 550; cursor: pointer; padding-inline: 1.1rem } button:hover { opacity: .88 }
.copy { display: none; font-size: .8125rem; padding: .25rem .7rem; height: auto; background: none; color: var(--ink); border-color: light-dark(#8f929a, #6e717a) } .js .copy { display: block }
pre { margin: 0; white-space: pre-wrap; font: .8125rem/1.6 var(--mono); overflow-wrap: anywhere } .command { display: flex; gap: 1rem; align-items: start; justify-content: space-between } .command pre { min-width: 0; flex: 1 }
h3 code { font-weight: 600 } .stack > details + details { margin-top: 0 } details > summary { cursor: pointer; color: var(--quiet); font-size: .8125rem; padding-block: .25rem; width: fit-content } details[open] > summary { margin-bottom: .5rem }
.pages { display: flex; gap: 1.5rem; margin-top: 1.5rem }
.split { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 2.5rem; align-items: start }
@media (max-width: 40rem) {
  main { padding-block: 1.25rem 3rem } h1 { font-size: 1.4rem } h2 { margin-top: 2.25rem } .card { padding: .85rem .95rem }
  dl { grid-template-columns: 1fr; gap: 0 } dd + dt { margin-top: .6rem } .tally a { min-width: 0; flex: 1 1 7rem }
  .steps li { grid-template-columns: 1rem 1fr auto } .entry, .entry > summary { grid-template-columns: 1rem 1fr } .entry .small { grid-column: 2 } .entry > ul { margin-left: .4rem } .rows > li.entry { display: grid } .when { margin-left: 0 } body > header nav { order: 1; width: 100% } .steps .track { grid-column: 2 / -1; grid-row: 2 } .command { display: block } .copy { margin-top: .75rem }
}
`;
