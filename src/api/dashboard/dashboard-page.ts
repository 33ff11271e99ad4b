/** The frame of the dashboard's pages; `dashboard-script.ts` fills it. Holds no user's text. */
export const dashboardPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Magic Flow</title>
<link rel="stylesheet" href="/pages.css">
</head>
<body>
<header><h1><a href="/">Magic Flow</a></h1>
<nav><a href="/">Executions</a> <a href="/api/docs">API</a></nav></header>
<main>
<form id="sign-in" hidden>
<label>API token <input id="token" type="password" autocomplete="off" required></label>
<button>Sign in</button>
</form>
<p id="notice" role="status" aria-live="polite">Loading…</p>
<div id="content"></div>
</main>
<noscript>This page reads the API with a script; without one use <code>GET /api/v1/executions</code>.</noscript>
<script src="/dashboard.js"></script>
</body>
</html>
`;
