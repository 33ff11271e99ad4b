/**
 * What the dashboard does in the browser, as the text that is sent there: executions by status, and one execution with
 * its steps, read through the public API with the viewer's own token. Texts reach the page as text, never as markup.
 */
export const dashboardScript = `'use strict';
const api = '/api/v1';
const refreshMs = 2000;
const ended = new Set(['completed', 'failed', 'cancelled', 'timed_out', 'compensated']);
const $ = (id) => document.getElementById(id);

class SignInNeeded extends Error {}

async function read(path) {
  const token = sessionStorage.getItem('token');
  const answer = await fetch(api + path, { headers: token ? { authorization: 'Bearer ' + token } : {} });
  const body = await answer.json();
  if (answer.status === 401) throw new SignInNeeded(token ? body.detail : '');
  if (!answer.ok) throw new Error(body.detail || answer.statusText);
  return body;
}

function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.map((child) => (child === null || child === undefined ? '' : child)));
  return element;
}

function table(heads, rows) {
  const head = el('thead', {}, el('tr', {}, ...heads.map((text) => el('th', { scope: 'col' }, text))));
  return el('table', {}, head, el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))))));
}

const status = (text) => el('span', { 'data-status': text }, text);
const time = (text) => (text ? el('time', { datetime: text }, new Date(text).toLocaleString()) : '');
const lasting = (value) => (value === null ? '' : value + ' s');
const link = (id) => el('a', { href: '/executions/' + encodeURIComponent(id) }, id);
const json = (title, value) =>
  el('details', { 'data-key': title }, el('summary', {}, title), el('pre', {}, JSON.stringify(value, null, 2)));

async function showList() {
  const query = new URLSearchParams(location.search);
  const chosen = query.get('status') || '';
  const list = new URLSearchParams({ limit: '50' });
  for (const name of ['status', 'cursor']) if (query.get(name)) list.set(name, query.get(name));
  const [{ executions: counts }, { executions, pagination }] = await Promise.all([
    read('/system/status'),
    read('/executions?' + list),
  ]);
  const tile = (name, text) =>
    el('li', {}, el('a', { href: name ? '/?status=' + name : '/', ...(name === chosen ? { 'aria-current': 'page' } : {}) }, text));
  const tiles = Object.entries(counts).map(([name, count]) => tile(name, name + ': ' + count));
  const rows = executions.map((one) => [
    link(one.execution_id), one.workflow_name + ' ' + one.version, status(one.status), time(one.created_at), lasting(one.duration),
    one.error ? one.error.code : '',
  ]);
  const older = pagination.next_cursor ? new URLSearchParams({ ...(chosen ? { status: chosen } : {}), cursor: pagination.next_cursor }) : undefined;
  show(
    el('ul', { class: 'counts' }, tile('', 'all'), ...tiles),
    rows.length ? table(['execution', 'workflow', 'status', 'started', 'duration', 'error'], rows) : el('p', {}, 'No executions here yet.'),
    older ? el('a', { href: '/?' + older }, 'Older ones') : '',
  );
  return true;
}

async function showOne(id) {
  const one = await read('/executions/' + encodeURIComponent(id));
  document.title = one.status + ' · ' + one.workflow_name;
  const progress = one.progress.completed_steps + ' of ' + one.progress.total_steps + ' steps';
  const rows = one.steps.map((step) => [
    step.path, step.type, status(step.status), String(step.attempt), time(step.started_at), lasting(step.duration),
    step.error ? step.error.code + ': ' + step.error.message : '',
  ]);
  show(
    el('h2', {}, one.execution_id),
    el('p', {}, one.workflow_name + ' ' + one.version + ', ', status(one.status), ', ' + progress + ', started ', time(one.created_at)),
    one.error ? el('p', { role: 'alert' }, one.error.code + ': ' + one.error.message) : '',
    table(['step', 'type', 'status', 'attempt', 'started', 'duration', 'error'], rows),
    one.steps_total > one.steps.length ? el('p', {}, 'The first ' + one.steps.length + ' of ' + one.steps_total + ' steps.') : '',
    json('input', one.input), json('output', one.output), json('metadata', one.metadata),
  );
  return !ended.has(one.status);
}

function show(...parts) {
  const open = new Set([...document.querySelectorAll('details[open]')].map((element) => element.dataset.key));
  $('content').replaceChildren(...parts);
  for (const element of document.querySelectorAll('details')) element.open = open.has(element.dataset.key);
}

async function refresh() {
  let goesOn = true;
  try {
    const match = /^\\/executions\\/([^/]+)$/.exec(location.pathname);
    goesOn = document.hidden || (match ? await showOne(decodeURIComponent(match[1])) : await showList());
    $('sign-in').hidden = true;
    $('notice').textContent = '';
  } catch (error) {
    $('notice').textContent = error instanceof SignInNeeded && !error.message ? 'Sign in with an API token.' : error.message;
    if (error instanceof SignInNeeded) {
      $('sign-in').hidden = false;
      return;
    }
  }
  if (goesOn) setTimeout(refresh, refreshMs);
}

$('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('token', $('token').value);
  refresh();
});
refresh();
`;
