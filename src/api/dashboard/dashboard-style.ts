/** One style sheet for the dashboard and the documentation page. */
export const pagesStyle = `
:root { color-scheme: light dark; --line: light-dark(#ddd, #444); --quiet: light-dark(#666, #aaa); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 0 1rem 4rem; }
header { border-bottom: 1px solid var(--line); }
h1 { margin: .75rem 0 .25rem; font-size: 1.4rem; }
h1 a { color: inherit; text-decoration: none; }
nav a { margin-right: .75rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); font-size: .85rem; }
details { border-bottom: 1px solid var(--line); padding: .3rem 0; }
summary { cursor: pointer; }
#notice { color: var(--quiet); }
#notice:empty { display: none; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; }
.counts a { display: block; border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .8rem; text-decoration: none; }
.counts a[aria-current] { outline: 2px solid; }
[data-status]::before { content: "● "; color: #888; }
[data-status=running]::before, [data-status=pending]::before, [data-status=retrying]::before { color: #2b7de9; }
[data-status=completed]::before { color: #2e9d4f; }
[data-status=failed]::before, [data-status=timed_out]::before { color: #d33; }
[data-status=waiting]::before, [data-status=paused]::before, [data-status=queued]::before { color: #d29a00; }
`;
