/** Defects of the engine and of the store under it. */
import { inFile, type Mutant } from './mutant.ts';

const breakers = inFile('engine/calls/breakers.ts');
const sweeper = inFile('engine/retention/sweeper.ts');
const memoryStore = inFile('storage/memory/memory-store.ts');
const memoryViews = inFile('storage/memory/memory-views.ts');
const bulkRunner = inFile('engine/bulk/bulk-runner.ts');
const bulkRows = inFile('storage/memory/memory-bulk-operations.ts');
const childId = inFile('engine/children/child-id.ts');
const children = inFile('engine/children/children.ts');
const claims = inFile('engine/tasks/claims.ts');
const committer = inFile('engine/moves/committer.ts');
const results = inFile('engine/tasks/results.ts');
const humanTasks = inFile('engine/human-tasks/human-tasks.ts');
const local = inFile('engine/calls/local.ts');
const mailbox = inFile('engine/moves/mailbox.ts');
const move = inFile('engine/moves/move.ts');
const limitRows = inFile('engine/concurrency/limit-rows.ts');
const permits = inFile('engine/concurrency/permits.ts');
const turns = inFile('engine/concurrency/turns.ts');
const memoryLimits = inFile('storage/memory/memory-limits.ts');
const recovery = inFile('engine/recovery/recovery.ts');
const apply = inFile('storage/memory/apply-moves.ts');
const leases = inFile('storage/memory/apply-leases.ts');
const cacheGate = inFile('engine/calls/cache-gate.ts');

export const engineMutants: readonly Mutant[] = [
  breakers('failures >= threshold', 'failures > threshold', 'a breaker opens one failure too late'),
  claims(
    'deps.counters.tasksHandedOut += 1;\n      resolve(handed.task);',
    'deps.counters.tasksHandedOut += 1;',
    'a claim is never answered',
  ),
  claims(
    'leases.set(taskId, held);',
    'leases.set(taskId, held); resolve(handed.task);',
    'a task leaves before its lease is durable',
  ),
  claims(
    'live.lent.set(command.id, taker.lend(handed.task, batch));',
    'live.lent.set(command.id, taker.lend(handed.task, batch)); taker.arrive(handed.task);',
    'a lent task leaves before its move is durable',
  ),
  committer(
    'return settleAll(batch, () => fault);',
    'return settleAll(batch, () => ({ ok: true }));',
    'a commit that failed counts as done',
  ),
  results('held?.token !== result.leaseToken ||', 'held === undefined ||', 'any token will do'),
  results(
    'if (advanced.ok) return resolve({ taskId, accepted: true });',
    'return resolve({ taskId, accepted: true });',
    'a refused result is called accepted',
  ),
  claims('live.state.paused ||', '', 'tasks leave while the execution is paused'),
  local(
    'copyJson(inputOf(live.state, step))',
    'inputOf(live.state, step)',
    'a function can change what the journal says',
  ),
  mailbox('live.inbox = [...entries, ...live.inbox];', '', 'facts of a lost move are dropped'),
  mailbox('deps.onDurable(live, changes, moved);', '', 'nothing is handed over'),
  move('if (live.rowless?.delete(attempt)) continue;', 'continue;', 'rows of settled tasks stay'),
  recovery('await sweepLeases();', '', 'a lost lease is never found'),
  apply('(records.at(-1)?.last ?? 0) === move.first - 1', 'true', 'two writers both win'),
  leases('task.lease.expiresAt > write.at', 'task.lease.expiresAt < write.at', 'a held task is leased again'),
  mailbox("fact.id !== 'deadline'", "fact.id !== ''", 'a pause holds up the deadline'),
  move(
    'slotTaken: isEnded(state) ? undefined : parts.claims?.slot',
    'slotTaken: parts.claims?.slot',
    'a slot outlives its execution',
  ),
  recovery('const looked = await sweepWakes(dueAt);', 'const looked = 0;', 'wake rows wake nobody'),
  breakers(
    'nowMs - breaker.since < recoveryMsOf(settings)',
    'nowMs < breaker.since',
    'an open breaker lets calls through',
  ),
  move('humanTasks: humanTaskRows(parts),', '', 'nobody finds what they are asked'),
  humanTasks(
    'const outcome = checkAnswer(workOf(live, row), task, { answer, outcome: given.outcome });',
    "const outcome = { ok: true, answer: answer ?? null, outcome: given.outcome ?? 'completed', errors: [] };",
    'an answer is not looked at',
  ),
  childId('`${parentId}/${call}`', 'parentId', 'two calls of one moment have one child'),
  children(
    '(isAbsent ? prevent(calling, reason) : tellEnd(calling))',
    'tellEnd(calling)',
    'a child cancelled before it began begins',
  ),
  move(
    "    case 'report':\n      return at + handOverGraceMs;",
    "      return at + handOverGraceMs;\n    case 'report':\n      return undefined;",
    'a report that was lost is not sent again',
  ),
  limitRows(
    '{ holder, heldBy: taskIdOf(live.id, holder) }',
    '{ holder }',
    'a limit counts no worker whose task is settled',
  ),
  limitRows(
    "take.kind !== 'slot' || !over.has(take.holder)",
    "take.kind !== 'slot' || over.size >= 0",
    'a limit loses the slot of what ended in the move that let it through',
  ),
  limitRows(
    'return state.paused ? [...left,',
    'return state.position < 0 ? [...left,',
    'a limit keeps a line for who is paused',
  ),
  mailbox(
    'if (entry.claims && claims) {',
    'if (entry.claims && live.state.recordedAt < 0) {',
    'a limit lets two through for one slot',
  ),
  memoryLimits('if (row.used >= limit)', 'if (row.used > limit)', 'a limit of calls lets one more through'),
  permits("if (was === 'holding') look(", "if (was !== 'holding') look(", 'a limit has room and nobody looks'),
  permits('.sort(compareIdTimes);', ';', 'who has a higher priority makes room for who came before'),
  permits(
    '.sort(compareIdTimes);',
    '.sort((a, b) => compareIdTimes(b, a));',
    'the newest execution makes room for older ones',
  ),
  permits('if (newer.length > 0) await makeRoom(line, newer);', '', 'nobody makes room for a newer execution'),
  permits('if (isWanted) look(line.workspace, line.key);', '', 'a limit is not looked at again by who was looking'),
  turns(
    'send({ queued: true, inLine: true }, { takes: [placeOf(turn)] })',
    'send({ queued: true }, takes)',
    'a limit of a workflow is held by who waits for the workspace',
  ),
  permits(' && !waiter.isInside;', ';', 'a limit of the workspace counts children'),
  // Defects that the simulation found in the engine itself, planted again.
  recovery(
    'await recover(deps.handOver, live, commands);',
    'await recover(deps.handOver, live, pending(live.state));',
    'what a move on its way hands out is taken for lost',
  ),
  children('needsProof: true', '', 'another execution acts on a refusal that is not durable'),
  recovery(
    'sendAgain(deps.handOver, live, commands);',
    'void Promise.resolve().then(() => sendAgain(deps.handOver, live, pending(live.state)));',
    'what is not durable leaves for another execution',
  ),
  move(
    'if (status === live.viewedStatus && !isEnded(live.state)) return',
    'if (status === live.viewedStatus) return',
    'the view of a second end is not written',
  ),
  recovery('deps.desk.refresh();', '', 'a task in no queue is forgotten'),
  bulkRunner(
    "if (!row.isCancelRequested && outcomes.some(({ kind }) => kind === 'later')) return undefined;",
    '',
    'a bulk operation goes on past what could not be done',
  ),
  bulkRunner(
    "if (outcome.kind === 'done') return { ...moved, done: row.done + 1 };",
    "if (outcome.kind === 'done') return moved;",
    'a bulk operation does not count what it has done',
  ),
  memoryStore(
    'const fitting = executions.filter(({ executionId, position }) => lastOf(executionId) <= position);',
    'const fitting = executions.filter(({ executionId }) => lastOf(executionId) > 0);',
    'retention removes an execution that was retried meanwhile',
  ),
  memoryViews('!wakes.has(row.executionId),', 'true,', 'retention removes what still owes something'),
  sweeper(
    '[{ exceptWorkflows, endedBefore: now - ageMs }]',
    '[{ exceptWorkflows, endedBefore: now }]',
    'retention removes what is young',
  ),
  bulkRows(
    'if ((bulks.get(row.bulkId)?.revision ?? 0) !== row.revision - 1) return false;',
    '',
    'two nodes overwrite how far a bulk operation has come',
  ),
  cacheGate(
    '|| step.visit !== fact.visit || step.attempt !== fact.attempt)',
    ')',
    'a result is kept under the input of the next visit',
  ),
];
