/**
 * Defects planted into a copy of the engine, one at a time: a simulation that does not find them is blind. Each text must
 * stand exactly once in its file, so that a change of the engine that touches one is noticed here.
 */
export interface Mutant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** What goes wrong. */
  readonly why: string;
}

const of =
  (file: string) =>
  (find: string, replace: string, why: string): Mutant => ({ file: `src/${file}`, find, replace, why });

const admit = of('core/admit/admit.ts');
const admitChild = of('core/admit/admit-child.ts');
const admitHuman = of('core/admit/admit-human.ts');
const arrival = of('core/arrival.ts');
const closing = of('core/closing.ts');
const containers = of('core/containers.ts');
const deadLetter = of('core/dead-letter.ts');
const decide = of('core/decide.ts');
const evolveHuman = of('core/evolve/evolve-human.ts');
const evolveChild = of('core/evolve/evolve-child.ts');
const evolveStep = of('core/evolve/evolve-step.ts');
const evolveExecution = of('core/evolve/evolve-execution.ts');
const evolveWaiting = of('core/evolve/evolve-waiting.ts');
const failure = of('core/failure.ts');
const flow = of('core/flow.ts');
const loop = of('core/loop.ts');
const stream = of('core/stream.ts');
const outstanding = of('core/outstanding.ts');
const rerun = of('core/rerun.ts');
const resume = of('core/resume.ts');
const retry = of('core/retry.ts');
const snapshot = of('core/snapshot.ts');
const waiting = of('core/waiting.ts');
const breakers = of('engine/calls/breakers.ts');
const sweeper = of('engine/retention/sweeper.ts');
const memoryStore = of('storage/memory/memory-store.ts');
const memoryViews = of('storage/memory/memory-views.ts');
const bulkRunner = of('engine/bulk/bulk-runner.ts');
const bulkRows = of('storage/memory/memory-bulk-operations.ts');
const childId = of('engine/children/child-id.ts');
const children = of('engine/children/children.ts');
const claims = of('engine/tasks/claims.ts');
const committer = of('engine/moves/committer.ts');
const results = of('engine/tasks/results.ts');
const humanTasks = of('engine/human-tasks/human-tasks.ts');
const local = of('engine/calls/local.ts');
const mailbox = of('engine/moves/mailbox.ts');
const move = of('engine/moves/move.ts');
const limitRows = of('engine/concurrency/limit-rows.ts');
const permits = of('engine/concurrency/permits.ts');
const turns = of('engine/concurrency/turns.ts');
const taskLimits = of('core/task-limits.ts');
const memoryLimits = of('storage/memory/memory-limits.ts');
const recovery = of('engine/recovery/recovery.ts');
const apply = of('storage/memory/apply-moves.ts');
const leases = of('storage/memory/apply-leases.ts');

export const mutants: readonly Mutant[] = [
  admit(
    'if (isEnded(state)) return refuse(',
    'if (state.id === "" && isEnded(state)) return refuse(',
    'facts move what has ended',
  ),
  admit(
    "return refuse('STALE_ATTEMPT', `${id} is settled or superseded`);",
    'return id === "" ? refuse(\'STALE_ATTEMPT\', id) : undefined;',
    'a settled attempt is taken again',
  ),
  admit('state.signalIds.includes(fact.id)', 'fact.id === ""', 'a signal counts twice'),
  admit(
    'if (state.compensation) return refuse(',
    'if (state.position < 0) return refuse(',
    'what was undone is retried',
  ),
  arrival('if (visit > node.visitsMax &&', 'if (visit > node.visitsMax + 1 &&', 'one visit too many'),
  arrival('if (holds.value) return begin(', 'if (holds.ok) return begin(', 'guards are not looked at'),
  closing('return [...completed, ...unknown].reverse()', 'return [...completed, ...unknown]', 'undone first to last'),
  closing(
    "if (command.type === 'withdraw') return;",
    "if (command.type === 'withdraw') break;",
    'compensation does not wait for what is in flight',
  ),
  closing(
    "(step.outcomeUnknown || step.status === 'running')",
    "step.status === 'running'",
    'what may have run is not undone',
  ),
  closing(
    "if (command.type === 'dispatch') emit(turn, { type: 'step.cancel_requested'",
    "if (command.type === 'continue') emit(turn, { type: 'step.cancel_requested', step: '' } as never); else if (command.type === 'dispatch') emit(turn, { type: 'step.cancelled'",
    'what is in flight is forgotten at once',
  ),
  containers(
    'if (completed < wanted && !(isLost',
    'if (completed + 1 < wanted && !(isLost',
    'a join fires one too early',
  ),
  containers('(work.failFast || open === 0)', 'open === 0', 'fail_fast waits for the other branches'),
  containers(
    'for (const frame of frames) cancelFrame(turn, frame.path);',
    'for (const frame of frames.slice(1)) cancelFrame(turn, frame.path);',
    'a branch runs on behind its join',
  ),
  decide(
    "seed: fact.type === 'start' ? fact.seed : state.seed",
    'seed: state.seed',
    'every execution draws the same numbers in its first move',
  ),
  decide('if (step.deliveries < deliveriesMax) {', 'if (step.deliveries <= deliveriesMax) {', 'one delivery too many'),
  decide(
    'if (state.run >= program.retry.maxAttempts)',
    'if (state.run > program.retry.maxAttempts)',
    'one run too many',
  ),
  evolveStep('state.completed.delete(event.step);', '', 'a step that runs again counts as completed'),
  evolveStep('step.attempt = event.attempt;', 'step.attempt = step.attempt;', 'attempts are not counted'),
  evolveExecution(
    "    case 'execution.paused':\n      state.paused = true;",
    "    case 'execution.paused':",
    'a pause is not remembered',
  ),
  failure('failures >= retry.value.maxAttempts', 'failures > retry.value.maxAttempts', 'one attempt too many'),
  failure('failures >= retry.value.maxAttempts', 'failures + 1 >= retry.value.maxAttempts', 'one attempt too few'),
  failure('if (turn.state.rulesFired.includes(index)) continue;', '', 'a rule fires again and again'),
  failure('if (!isRetryable(error) ||', 'if (', 'what no attempt can mend is tried again'),
  stream(
    'return node.dependsOn.every((name) => isDone(turn, frame, name)',
    'return node.dependsOn.some((name) => isDone(turn, frame, name)',
    'a graph joins on the first',
  ),
  flow(
    "go(turn, node.next, { frame: frame.path, origin: 'flow', previous: step.path });",
    "go(turn, { kind: 'end' }, { frame: frame.path, origin: 'flow', previous: step.path });",
    'a sequence ends after its first step',
  ),
  outstanding('outstanding.delete(`timeout:${passId(step)}`);', '', 'the timeout of an ended step stays'),
  retry('(failures - 1)', 'failures', 'an exponential delay grows one step too soon'),
  retry(
    'Math.min(retry.initialDelayMs * growth, retry.maxDelayMs)',
    'retry.initialDelayMs * growth',
    'no delay is too long',
  ),
  retry('(0.5 + random / 2)', '(0.25 + random / 2)', 'jitter goes below its half'),
  snapshot(
    'outstanding: [...state.outstanding.values()],',
    'outstanding: [],',
    'a snapshot forgets what is outstanding',
  ),
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
  evolveExecution(
    'state.compensation.failed ||= failed;',
    'state.compensation.failed &&= failed;',
    'a failed undo is forgotten',
  ),
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
  decide(
    'dueAt: turn.at + retryDelayMs(program.retry, state.run, turn.random.next()),',
    'dueAt: turn.at,',
    'the next run begins at once',
  ),
  evolveExecution(
    "openTimer(state, { id: 'rerun', timer: 'rerun', step: '', dueAt: event.dueAt });",
    '',
    'the next run never begins',
  ),
  waiting('(awaited.key === undefined || key === awaited.key)', 'true', 'a wait takes signals of any key'),
  waiting(
    'return signals.length < needed ?',
    'return signals.length + 1 < needed ?',
    'a wait takes one signal too few',
  ),
  waiting('found.completeAt < first.completeAt', 'found.completeAt > first.completeAt', 'the last to come wins'),
  waiting('dueAt === step.dueAt', 'dueAt !== undefined', 'a wait for any is ended by another time than it tells'),
  evolveWaiting(
    'state.signals = state.signals.filter(({ id }) => !taken.has(id));',
    'state.signals = [...state.signals];',
    'a signal that was taken is taken again',
  ),
  admitHuman(
    'const isHeldByOther = claimedBy !== undefined && claimedBy !== fact.by;',
    'const isHeldByOther = false;',
    'a claim keeps nobody out',
  ),
  admitHuman('fact.id === answer?.id && fact.by === answer.by', 'answer === undefined', 'an answer is called a repeat'),
  admitHuman(
    'if (!fact.isOperator && !isTheirs(human, fact.by)) {',
    'if (fact.by === "") {',
    'anybody answers for others',
  ),
  evolveHuman('human.escalated += 1;', 'human.escalated += 2;', 'every other escalation is passed over'),
  evolveHuman('openEscalation(state, step, human);', '', 'the second escalation never comes'),
  evolveHuman("case 'step.cancelled':\n", '', 'a task that was cancelled stays in the list'),
  outstanding(
    'if (step.human) outstanding.delete(`escalation:${passId(step)}`);',
    '',
    'a task that was answered escalates',
  ),
  failure(
    "step.status === 'timed_out' ? node.onTimeout : undefined",
    'node.onTimeout',
    'on_timeout takes every failure',
  ),
  move('humanTasks: humanTaskRows(parts),', '', 'nobody finds what they are asked'),
  humanTasks(
    'const outcome = checkAnswer(workOf(live, row), task, { answer, outcome: given.outcome });',
    "const outcome = { ok: true, answer: answer ?? null, outcome: given.outcome ?? 'completed', errors: [] };",
    'an answer is not looked at',
  ),
  admitChild(
    'if (!parent || parent.isDetached || isReportTaken === false) return undefined;',
    'if (parent?.executionId !== "") return undefined;',
    'a child whose result was taken runs again',
  ),
  closing('|| waitsForChild(state)) return;', ') return;', 'compensation does not wait for children'),
  evolveChild(
    "else setPhase(state, command, 'cancelling');",
    'else state.outstanding.delete(command.id);',
    'a child that its step gave up is never told',
  ),
  evolveChild(
    'if (command.target.outlivesParent) return void state.outstanding.delete(command.id);',
    '',
    'a child that may outlive its parent is cancelled',
  ),
  evolveChild("openCommand(state, { type: 'report', id: 'report' });", '', 'a child keeps its end to itself'),
  outstanding(
    "if (command.type !== 'child' || !isUndelivered(command)) state",
    'state',
    'an execution that ends forgets the children that it gave up',
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
    'if (entry.claims && live.lastAt < 0) {',
    'a limit lets two through for one slot',
  ),
  memoryLimits('if (row.used >= limit)', 'if (row.used > limit)', 'a limit of calls lets one more through'),
  outstanding('dispatch, ...slot });', 'dispatch });', 'a limit loses the slot of what is asked back'),
  permits("if (was === 'holding') look(", "if (was !== 'holding') look(", 'a limit has room and nobody looks'),
  taskLimits('state.settled.push(holder);', '', 'a limit leaves the row of what is to go out again'),
  evolveExecution(
    '  settleAll(state);\n  leaveTurn(state);',
    '  settleAll(state);',
    'a limit of a workflow is never given back',
  ),
  evolveExecution(
    "leaveLimits(state, { id: permitId(''), keepsSlot: true });",
    '',
    'a limit of a workflow keeps in line who has its turn',
  ),
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
  taskLimits(
    "key: rate?.key ?? '', ...kept",
    "key: slot?.key ?? rate?.key ?? '', ...kept",
    'a task that keeps its slot stands in line behind who waits for it',
  ),
  recovery(
    'await recover(deps.handOver, live, commands);',
    'await recover(deps.handOver, live, pending(live.state));',
    'what a move on its way hands out is taken for lost',
  ),
  rerun(
    '&& isReady(turn, frame, node))',
    '&& (node.name === from || isReady(turn, frame, node)))',
    'a rerun begins at a step of a graph before what that waits for',
  ),
  rerun('own.has(rootOf(step.path)) && !step', '!step', 'a rerun takes over what comes behind its step'),
  rerun(
    'input: inputOf(state, step),\n    output: step.output ?? null',
    'input: inputOf(state, step),\n    output: inputOf(state, step)',
    'a rerun takes over another output',
  ),
  resume(
    "if (rerun && frame.path === '' && !frame.begun.has(rerun.from)) return beginAt(turn, rerun.from);",
    'void rerun;',
    'a rerun that was cancelled before it began never begins',
  ),
  children('needsProof: true', '', 'another execution acts on a refusal that is not durable'),
  recovery(
    'sendAgain(deps.handOver, live, commands);',
    'void Promise.resolve().then(() => sendAgain(deps.handOver, live, pending(live.state)));',
    'what is not durable leaves for another execution',
  ),
  evolveExecution(
    'settleTimers(state);',
    "state.outstanding.delete('deadline');",
    'a timeout fires into what is closing',
  ),
  failure(
    'if (!turn.state.frames.get(frame)?.active.has(pathIn(frame, name))) enter(turn, node, arrival);',
    'enter(turn, node, arrival);',
    'a goto begins a running step again',
  ),
  flow(
    'if (passedBy.length === 0) finishFrame(turn, frame.path);',
    'if (list.nodes.every((node) => node.step.handler || isDone(turn, frame, node.name))) finishFrame(turn, frame.path);',
    'a graph with a step left behind never ends',
  ),
  loop(
    'while (loop.running.size < loop.batch) {',
    'while (loop.running.size <= loop.batch) {',
    'one round too many at once',
  ),
  loop(
    'if (total !== undefined && next >= total) return',
    'if (total !== undefined && next + 1 >= total) return',
    'the last item has no round',
  ),
  loop(
    'loop.failures.size > (loop.tolerated',
    'loop.failures.size >= (loop.tolerated',
    'a loop fails one failure too early',
  ),
  stream(
    'loop.next - next >= streamLagMax',
    'loop.next - next > streamLagMax',
    'a producer begins a round too far ahead',
  ),
  stream(
    'const isEnded = !producer.running.has(next) &&',
    'const isEnded =',
    'a stream takes what is still being made',
  ),
  stream(
    "return stepAt(turn.state, source).status === 'completed' ? 'end' : 'wait';",
    "return producer.running.size === 0 ? 'end' : 'wait';",
    'a stream ends with a pause of its producer',
  ),
  stream(
    'for (const consumer of runningConsumersOf(turn, path)) later(turn, () => goOnLoop(turn, consumer.path));',
    '',
    'a stream is not told of what has come',
  ),
  stream(
    'if (source !== undefined && isRunning(turn, source)) later(turn, () => goOnLoop(turn, source));',
    '',
    'a producer that was held back is forgotten',
  ),
  failure("if (node.work.kind === 'loop') cutStream(turn, path);", '', 'a stream outlives its producer'),
  loop('reopenStream(turn, path);', '', 'a stream goes on in the middle of another attempt'),
  loop('again: [...again].sort((a, b) => a - b)', 'again: []', 'a retry forgets the rounds that failed'),
  move(
    'if (status === live.viewedStatus && !isEnded(live.state)) return',
    'if (status === live.viewedStatus) return',
    'the view of a second end is not written',
  ),
  recovery('deps.desk.refresh();', '', 'a task in no queue is forgotten'),
  admit(
    "if ('asked' in fact && fact.asked && state.signalIds.includes(fact.asked.id)) {",
    "if ('asked' in fact && fact.asked && state.id === '') {",
    'a bulk operation acts on an execution twice',
  ),
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
  deadLetter(
    'const isAwaited = state.parent !== undefined && !state.parent.isDetached;',
    'const isAwaited = false;',
    'a child that its parent waits for is a dead letter by itself',
  ),
  deadLetter(
    "return program.definition.errorHandling?.deadLetter ? { deadLetter: true, deadLetterReason: 'policy' } : {};",
    'return {};',
    'what the workflow asks for is no dead letter',
  ),
  evolveExecution(
    '  state.deadLetter = false;\n  state.deadLetterReason = undefined;\n  state.closing',
    '  state.closing',
    'a dead letter that is replayed stays one',
  ),
  admit(
    'return state.deadLetter ? undefined :',
    'return state.position > 0 ? undefined :',
    'what is no dead letter is discarded',
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
];
