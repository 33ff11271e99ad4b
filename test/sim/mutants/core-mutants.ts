/** Defects of the core: what it decides and what it remembers. */
import { inFile, type Mutant } from './mutant.ts';

const admit = inFile('core/admit/admit.ts');
const admitChild = inFile('core/admit/admit-child.ts');
const admitHuman = inFile('core/admit/admit-human.ts');
const arrival = inFile('core/arrival.ts');
const closing = inFile('core/closing.ts');
const containers = inFile('core/containers.ts');
const deadLetter = inFile('core/dead-letter.ts');
const decide = inFile('core/decide.ts');
const evolveHuman = inFile('core/evolve/evolve-human.ts');
const evolveChild = inFile('core/evolve/evolve-child.ts');
const evolveStep = inFile('core/evolve/evolve-step.ts');
const evolveExecution = inFile('core/evolve/evolve-execution.ts');
const evolveWaiting = inFile('core/evolve/evolve-waiting.ts');
const failure = inFile('core/failure.ts');
const flow = inFile('core/flow.ts');
const loop = inFile('core/loop.ts');
const stream = inFile('core/stream.ts');
const outstanding = inFile('core/outstanding.ts');
const rerun = inFile('core/rerun.ts');
const retry = inFile('core/retry.ts');
const snapshot = inFile('core/snapshot.ts');
const waiting = inFile('core/waiting.ts');
const taskLimits = inFile('core/task-limits.ts');

export const coreMutants: readonly Mutant[] = [
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
  arrival('visitsBefore > node.visitsMax;', 'visitsBefore > node.visitsMax + 1;', 'one visit too many'),
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
  evolveExecution(
    'state.compensation.failed ||= failed;',
    'state.compensation.failed &&= failed;',
    'a failed undo is forgotten',
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
  outstanding('dispatch, ...slot });', 'dispatch });', 'a limit loses the slot of what is asked back'),
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
  taskLimits(
    "key: rate?.key ?? '', ...kept",
    "key: slot?.key ?? rate?.key ?? '', ...kept",
    'a task that keeps its slot stands in line behind who waits for it',
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
  decide(
    'return hasBegun(turn.state) ? resumeFailed(turn) : begin(turn);',
    "return turn.state.frames.has('') ? resumeFailed(turn) : begin(turn);",
    'a rerun that was cancelled before it began never begins',
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
  admit(
    "if ('asked' in fact && fact.asked && state.signalIds.includes(fact.asked.id)) {",
    "if ('asked' in fact && fact.asked && state.id === '') {",
    'a bulk operation acts on an execution twice',
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
];
