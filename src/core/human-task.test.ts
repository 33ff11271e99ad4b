// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../kit/assert.ts';
import type { Json } from '../kit/json.ts';
import { type CheckedAnswer, checkAnswer } from './check-answer.ts';
import { call, noon, plain, programOf, type Story, started } from './make-story.ts';

const asks = (fields = '', input: Json = {}): Story =>
  started(
    `steps:\n  - {name: ask, type: human_task, assignee: [ada, bob]${fields}}\n  - {name: after, ${call}, input: $.ask}`,
    { input },
  );
const human = (story: Story, step = 'ask') => present(story.step(step).human, `the task of ${step}`);
const hour = 3_600_000;

describe('a human task', () => {
  test('asks and waits, and goes on with the answer, who gave it and when', () => {
    const story = asks(", title: 'Pay ${input.sum}?', due: 2h", { sum: 7 });
    const { title, assignees, status, createdAt, dueAt } = human(story);
    assert.deepEqual(
      { title, assignees, status, createdAt, dueAt },
      { title: 'Pay 7?', assignees: ['ada', 'bob'], status: 'open', createdAt: noon, dueAt: noon + 2 * hour },
    );
    assert.equal(story.end().status, 'waiting');
    story.at += hour;
    story.answers('ask', { ok: true }, { by: 'bob', outcome: 'approved', comment: 'fine' });
    assert.deepEqual(plain(story.step('after').input ?? null), {
      outcome: 'approved',
      answer: { ok: true },
      comment: 'fine',
      answered_by: 'bob',
      answered_at: new Date(noon + hour).toISOString(),
    });
    assert.deepEqual([human(story).status, human(story).endedAt], ['completed', noon + hour]);
  });

  test('is called by its description or its name where it has no title', () => {
    assert.equal(human(asks()).title, 'ask');
    assert.equal(human(asks(', title: $.input.n', { n: 7 })).title, '7');
    assert.equal(human(asks(", description: 'For $.you and ${me}'")).title, 'For $.you and ${me}');
  });

  test('assignees are names or lists of names, each once', () => {
    const story = started('steps:\n  - {name: ask, type: human_task, assignees: [$.input.lead, $.input.team, ada]}', {
      input: { lead: 'eve', team: ['ada', 'bob', 'eve'] },
    });
    assert.deepEqual(human(story).assignees, ['eve', 'ada', 'bob']);
    assert.deepEqual(human(started('steps:\n  - {name: ask, type: human_task}')).assignees, []);
  });

  test('an assignee, a title or a time without a value fails the step', () => {
    for (const fields of [
      'assignee: $.input.nobody',
      'assignee: $.input.empty',
      'title: $.input.nobody',
      'due: $.input.nobody',
      'timeout: 1h, escalation: {after: $.input.nobody, assignee: eve}',
      'escalation: {after: 1h, assignee: $.input.nobody}',
    ]) {
      const story = started(`steps:\n  - {name: ask, type: human_task, ${fields}}`, { input: { empty: '' } });
      assert.equal(story.end().code, 'EXPRESSION_FAILED', fields);
    }
  });

  test('takes at most a hundred names of 200 characters and a title of 1,000', () => {
    const ask = (fields: string, value: Json) =>
      started(`steps:\n  - {name: ask, type: human_task, ${fields}: $.input}`, { input: value }).end();
    const names = Array.from({ length: 101 }, (_, index) => `p${index}`);
    assert.equal(ask('assignee', names.slice(1)).status, 'waiting');
    assert.equal(ask('assignee', names).code, 'EXPRESSION_FAILED');
    assert.equal(ask('assignee', 'x'.repeat(200)).status, 'waiting');
    assert.equal(ask('assignee', 'x'.repeat(201)).code, 'EXPRESSION_FAILED');
    assert.equal(ask('title', 'x'.repeat(1_000)).status, 'waiting');
    assert.equal(ask('title', 'x'.repeat(1_001)).code, 'EXPRESSION_FAILED');
  });

  test('keeps its input for whoever is asked', () => {
    assert.deepEqual(plain(asks(', input: {sum: $.input.sum}', { sum: 3 }).step('ask').input ?? null), { sum: 3 });
  });

  test('an output mapping sees the answer, and one without a value fails the step, answered as it is', () => {
    const story = asks(', output: $.response.answer.sum').answers('ask', { sum: 4 });
    assert.equal(story.step('ask').output, 4);
    const failed = asks(", output: '${response.answer * 2}'").answers('ask', 'text');
    assert.deepEqual([failed.end().code, human(failed).status], ['EXPRESSION_FAILED', 'completed']);
  });
});

describe('who may answer', () => {
  const fact = (story: Story, type: 'human.claimed' | 'human.unclaimed' | 'human.answered', by: string, more = {}) => {
    const { visit, attempt } = story.step('ask');
    const given = { step: 'ask', visit, attempt, by, isOperator: false, outcome: 'completed', answer: null, ...more };
    return story.refusal({ type, ...given } as never);
  };

  test('those it is assigned to; an operator for anybody; anybody where it is nobody’s', () => {
    const story = asks();
    assert.equal(fact(story, 'human.answered', 'ada'), undefined);
    assert.equal(fact(story, 'human.answered', 'eve')?.code, 'NOT_ASSIGNED');
    assert.match(fact(story, 'human.claimed', 'eve')?.message ?? '', /for ada, bob, not for eve/);
    assert.equal(fact(story, 'human.answered', 'eve', { isOperator: true }), undefined);
    assert.equal(fact(started('steps:\n  - {name: ask, type: human_task}'), 'human.answered', 'eve'), undefined);
  });

  test('a claimed task is answered by whoever claimed it, until it is given back', () => {
    const story = asks().claims('ask', 'ada');
    assert.deepEqual([human(story).status, human(story).claimedBy], ['claimed', 'ada']);
    assert.equal(fact(story, 'human.answered', 'bob')?.code, 'STATE_CONFLICT');
    assert.equal(fact(story, 'human.claimed', 'bob')?.code, 'STATE_CONFLICT');
    assert.equal(fact(story, 'human.unclaimed', 'bob')?.code, 'STATE_CONFLICT');
    assert.equal(fact(story, 'human.answered', 'root', { isOperator: true })?.code, 'STATE_CONFLICT');
    assert.equal(fact(story, 'human.claimed', 'ada')?.code, 'REPEATED');
    assert.equal(fact(story, 'human.unclaimed', 'root', { isOperator: true }), undefined);
    story.unclaims('ask', 'ada');
    assert.deepEqual([human(story).status, human(story).claimedBy], ['open', undefined]);
    assert.equal(fact(story, 'human.unclaimed', 'ada')?.code, 'REPEATED');
    assert.equal(fact(story, 'human.answered', 'bob'), undefined);
  });

  test('a second answer is refused, and the same one again is known by its id', () => {
    const story = asks().answers('ask', 1, { id: 'click-1' });
    assert.equal(fact(story, 'human.answered', 'ada', { id: 'click-1' })?.code, 'REPEATED');
    assert.equal(fact(story, 'human.answered', 'ada', { id: 'click-2' })?.code, 'SETTLED');
    assert.match(fact(story, 'human.answered', 'bob')?.message ?? '', /ada answered it/);
    assert.equal(fact(story, 'human.claimed', 'ada')?.code, 'SETTLED');
    story.completes('after');
    assert.equal(fact(story, 'human.answered', 'ada', { id: 'click-1' })?.code, 'REPEATED');
    assert.equal(fact(story, 'human.answered', 'ada')?.code, 'SETTLED');
  });

  test('the answer to an attempt or a visit that is over is refused', () => {
    const story = asks(', timeout: 1h, retry_config: {max_attempts: 2, initial_delay: 1s}').fires('timeout');
    assert.deepEqual([human(story).status, fact(story, 'human.answered', 'ada')?.code], ['timed_out', 'SETTLED']);
    story.fires('retry');
    assert.equal(human(story).status, 'open');
    assert.equal(fact(story, 'human.answered', 'ada', { attempt: 1 })?.code, 'SETTLED');
    assert.equal(fact(story, 'human.answered', 'ada', { visit: 2 })?.code, 'SETTLED');
    assert.equal(fact(story, 'human.answered', 'ada', { step: 'after' })?.code, 'SETTLED');
    assert.equal(fact(story, 'human.answered', 'ada'), undefined);
  });
});

describe('a human task that nobody answers', () => {
  const escalation = ', escalation: [{after: 2h, assignee: [ceo]}, {after: 1h, assignees: [boss, $.input.deputy]}]';

  test('goes to the next ones, in the order of their times, and the claim is lost', () => {
    const story = asks(escalation, { deputy: 'dep' }).claims('ask', 'ada').fires('escalation');
    assert.equal(story.at, noon + hour);
    assert.deepEqual(
      [human(story).assignees, human(story).status, human(story).claimedBy],
      [['boss', 'dep'], 'open', undefined],
    );
    story.claims('ask', 'dep').fires('escalation');
    assert.deepEqual([story.at, human(story).assignees, human(story).escalated], [noon + 2 * hour, ['ceo'], 2]);
    assert.deepEqual([...story.state.outstanding.keys()], []);
    assert.equal(story.answers('ask', null, { by: 'ceo' }).step('ask').status, 'completed');
  });

  test('once it is answered, escalates no more', () => {
    const story = asks(escalation, { deputy: 'dep' }).answers('ask');
    assert.deepEqual(
      [...story.state.outstanding.values()].map(({ type }) => type),
      ['dispatch'],
    );
  });

  test('times out as any step does', () => {
    const story = asks(', timeout: 3h').fires('timeout');
    assert.deepEqual([story.end(), human(story).status], [{ status: 'failed', code: 'TIMEOUT' }, 'timed_out']);
  });

  test('on_timeout leads on after a timeout, on_failure after other failures', () => {
    const spec = (fields: string): string => `steps:
  - {name: ask, type: human_task, timeout: 1h, on_timeout: late, on_failure: broken${fields}}
  - {name: late, ${call}, input: $.error.code}
  - {name: broken, ${call}, input: $.error.code}`;
    const story = started(spec('')).fires('timeout');
    assert.deepEqual([story.inHand(), story.step('late').input], [['late'], 'TIMEOUT']);
    const broken = started(spec(", output: '${response.answer * 2}'")).answers('ask', 'x');
    assert.deepEqual(broken.inHand(), ['broken']);
  });

  test('is cancelled with its execution, and is there again after a retry', () => {
    const story = asks(escalation, { deputy: 'dep' }).claims('ask', 'ada');
    story.when({ type: 'cancel' });
    assert.deepEqual([story.end().status, human(story).status], ['cancelled', 'cancelled']);
    story.when({ type: 'retry' });
    assert.deepEqual(
      [human(story).status, human(story).attempt, human(story).claimedBy, human(story).assignees],
      ['open', 2, undefined, ['ada', 'bob']],
    );
    assert.equal(story.answers('ask').end().status, 'running');
  });

  test('a fallback response stands in for it', () => {
    const story = asks(', timeout: 1h, fallback_response: {outcome: nobody}').fires('timeout');
    assert.deepEqual(
      [plain(story.step('ask').output ?? null), human(story).status],
      [{ outcome: 'nobody' }, 'timed_out'],
    );
  });
});

describe('a human task beside the rest', () => {
  test('can be claimed and answered while the execution is paused; what follows waits for the resume', () => {
    const story = asks();
    story.when({ type: 'pause' });
    story.claims('ask', 'ada').answers('ask', 1);
    assert.deepEqual([story.end().status, story.inHand()], ['paused', []]);
    story.when({ type: 'resume' });
    assert.deepEqual(story.inHand(), ['after']);
  });

  test('asked for once more by a jump back is a task of its own', () => {
    const story = started(`steps:
  - {name: ask, type: human_task, max_visits: 3}
  - {name: again, type: condition, condition: '$.ask.outcome == "rejected"', then: [{name: no, type: transform, mapping: 1}], on_success: ask}`);
    const first = human(story);
    story.answers('ask', null, { outcome: 'rejected' });
    assert.deepEqual([first.status, human(story).status, human(story).visit], ['completed', 'open', 2]);
  });

  test('runs in a compensation, and is undone by one where it says how', () => {
    const story = started(`steps:
  - {name: ask, type: human_task, compensate: tell}
  - {name: pay, ${call}}
  - {name: tell, type: human_task}`);
    story.answers('ask');
    story.when({ type: 'cancel' });
    story.when({ type: 'task.withdrawn', step: 'pay', visit: 1, attempt: 1, outcome: 'untouched' });
    assert.deepEqual([story.end().status, human(story, 'tell').status], ['compensating', 'open']);
    assert.equal(story.answers('tell').end().status, 'cancelled');
    assert.equal(story.step('ask').status, 'compensated');
  });
});

describe('an answer', () => {
  const check = (fields: string, given: { answer?: Json; outcome?: string }): CheckedAnswer => {
    const spec = `steps:\n  - {name: ask, type: human_task, ${fields}}`;
    const { work } = present(programOf(spec).nodes.get('ask'), 'ask');
    assert.ok(work.kind === 'human_task');
    return checkAnswer(work, human(started(spec, { input: { sum: 5 } })), {
      answer: undefined,
      outcome: undefined,
      ...given,
    });
  };
  const form = `form: [
    {name: sum, type: number, required: true, min: 1, max: 10},
    {name: note, type: text, max: 5}, {name: when, type: date}, {name: sure, type: boolean},
    {name: kind, type: select, options: [new, {value: 2, label: Second}]}, {name: long, type: multiline}, {name: scan, type: file}]`;
  const problems = (answer: Json, fields = form): string[] => {
    const checked = check(fields, { answer });
    return checked.ok ? [] : checked.errors.map(({ code, pointer }) => `${code} ${pointer}`);
  };

  test('that fits its form is taken, fields that need not be there left out or null', () => {
    const whole = {
      sum: 5,
      note: 'abc',
      when: '2026-03-04',
      sure: false,
      kind: 2,
      long: 'a\nb',
      scan: { name: 'a.pdf', content: 'QUJD' },
    };
    assert.deepEqual(check(form, { answer: whole }), { ok: true, answer: whole, outcome: 'completed' });
    assert.deepEqual(problems({ sum: 1 }), []);
    assert.deepEqual(problems({ sum: 10, note: null, when: null, sure: null, kind: null, long: null, scan: null }), []);
  });

  test('that does not fit is told with the place of each problem', () => {
    assert.deepEqual(problems({}), ['REQUIRED /answer']);
    assert.deepEqual(problems({ sum: '5' }), ['TYPE /answer/sum']);
    assert.deepEqual(problems({ sum: 0 }), ['MINIMUM /answer/sum']);
    assert.deepEqual(problems({ sum: 11, note: 'abcdef' }), ['MAXIMUM /answer/sum', 'MAX_LENGTH /answer/note']);
    assert.deepEqual(problems({ sum: 1, when: '4.3.2026' }), ['FORMAT /answer/when']);
    assert.deepEqual(problems({ sum: 1, sure: 'yes' }), ['TYPE /answer/sure']);
    assert.deepEqual(problems({ sum: 1, kind: 'old' }), ['ENUM /answer/kind']);
    assert.deepEqual(problems({ sum: 1, other: 1 }), ['ADDITIONAL_PROPERTIES /answer']);
    assert.ok(problems({ sum: 1, scan: { name: 'a' } }).includes('ANY_OF /answer/scan'));
    assert.deepEqual(problems({ sum: 1, scan: { name: 'a', content: 'no base64!' } }), [
      'PATTERN /answer/scan/content',
    ]);
    assert.deepEqual(problems('text'), ['TYPE /answer']);
    assert.deepEqual(problems(null), ['TYPE /answer']);
  });

  test('to a text that has to be filled in is not empty', () => {
    const text = 'form: [{name: a, type: text, required: true}]';
    assert.deepEqual(problems({ a: '' }, text), ['MIN_LENGTH /answer/a']);
    assert.deepEqual(problems({ a: null }, text), ['TYPE /answer/a']);
  });

  test('keeps what stood in the fields that it leaves out', () => {
    const fields = "form: [{name: a, type: number, default: $.input.sum}, {name: b, type: text, default: 'no'}]";
    assert.deepEqual(plain((check(fields, { answer: { b: 'yes' } }) as { answer: Json }).answer), { a: 5, b: 'yes' });
    assert.deepEqual(plain((check(fields, {}) as { answer: Json }).answer), { a: 5, b: 'no' });
  });

  test('without a form may be anything, or nothing', () => {
    assert.deepEqual(check('assignee: a', { answer: [1] }), { ok: true, answer: [1], outcome: 'completed' });
    assert.deepEqual(check('assignee: a', {}), { ok: true, answer: null, outcome: 'completed' });
  });

  test('may be checked by a JSON Schema', () => {
    const schema = 'form: {type: object, required: [n], properties: {n: {type: integer, default: 3}}}';
    assert.deepEqual(plain((check(schema, { answer: {} }) as { answer: Json }).answer), { n: 3 });
    assert.deepEqual(problems({ n: 1.5 }, schema), ['TYPE /answer/n']);
  });

  test('has an outcome: one that the task names, else completed or rejected', () => {
    const outcomeOf = (fields: string, outcome?: string) => {
      const checked = check(fields, { answer: {}, ...(outcome === undefined ? {} : { outcome }) });
      return checked.ok ? checked.outcome : checked.errors.map(({ code, pointer }) => `${code} ${pointer}`).join();
    };
    assert.equal(outcomeOf('assignee: a'), 'completed');
    assert.equal(outcomeOf('assignee: a', 'rejected'), 'rejected');
    assert.equal(outcomeOf('assignee: a', 'approved'), 'ENUM /outcome');
    assert.equal(outcomeOf('outcomes: [approve, refuse]'), 'REQUIRED /outcome');
    assert.equal(outcomeOf('outcomes: [approve, refuse]', 'refuse'), 'refuse');
    assert.equal(outcomeOf('outcomes: [approve, refuse]', 'completed'), 'ENUM /outcome');
  });

  test('that rejects need not fill in the form, and is checked where it does', () => {
    assert.deepEqual(check(form, { outcome: 'rejected' }), { ok: true, answer: null, outcome: 'rejected' });
    assert.equal(check(form, { outcome: 'rejected', answer: {} }).ok, false);
    assert.equal(check(form, { outcome: 'completed' }).ok, false);
  });
});
