/** Colours are variables, so that dark is another set of them; nothing is said by colour alone. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b2530; --quiet: #566270; --line: #d5dbe1; --panel: #f5f7f9;
  --first: #0b62b8; --second: #a34d00; --fine: #14683a; --warn: #8a5200; --block: #b3201f; --fill: #0b62b8 }
@media (prefers-color-scheme: dark) { :root { --ground: #12181f; --text: #e6ebf0; --quiet: #a0acb8; --line: #33404c; --panel: #1a222b;
  --first: #6cb4ff; --second: #ffb066; --fine: #6fd49a; --warn: #ffc46b; --block: #ff8f8a; --fill: #4b9bf0 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--ground); color: var(--text); font: 15px/1.45 system-ui, sans-serif }
h1 { font-size: 1.6rem; margin: 0 0 .3rem } h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; padding-top: 1rem; border-top: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem }
p { margin: .3rem 0; max-width: 60rem } .quiet { color: var(--quiet) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
caption { text-align: left; color: var(--quiet); padding-bottom: .4rem }
th, td { padding: .32rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: middle }
thead th { color: var(--quiet); font-weight: 600; vertical-align: bottom } tbody th { font-weight: 600 }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.level { white-space: nowrap }
.mark { display: inline-block; padding: 0 .45rem; border: 1px solid currentColor; border-radius: .7rem; font-size: .8rem; white-space: nowrap }
.fine { color: var(--fine) } .warn, .uncertain { color: var(--warn) } .block, .blocked { color: var(--block) } .quarantined, .closed { color: var(--quiet) }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1rem }
figure { margin: 0; padding: .7rem; background: var(--panel); border-radius: .4rem } figcaption { font-weight: 600; font-size: .85rem; overflow-wrap: anywhere }
svg { display: block; width: 100%; height: auto } svg text { fill: var(--quiet); font: 10px system-ui, sans-serif }
.axis { stroke: var(--line) } .line { fill: none; stroke-width: 2 } .first { stroke: var(--first) } .second { stroke: var(--second); stroke-dasharray: 5 3 }
.dot { fill: var(--first) } .bar { fill: var(--fill) } .track { fill: var(--line) } .legend { color: var(--quiet); font-size: .8rem }
.cell { background: color-mix(in srgb, var(--fill) var(--share), transparent) }
@media print { body { max-width: none } figure, tr { break-inside: avoid } }
`;
