/** What a case may put around its workflow, and that nothing of it is real but the engine. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertPasses, call, runOne, runText, toldBy } from './make-suite.ts';

const pay = `steps:\n  - {name: pay, ${call}}`;
const retrying = `steps:\n  - {name: pay, ${call}, timeout: 10s, retry_config: {max_attempts: 3, initial_delay: 1m, backoff: fixed, jitter: false}}`;

describe('mocks', () => {
  test('a response may be made of the input, of the number of the call and of the attempt', async () => {
    await assertPasses(
      pay,
      `input: {n: 4}
mocks: {pay: {response: {double: "$.input.n + input.n", text: "call \${call}", attempt: "$.attempt"}}}
expect: {output: {double: 8, text: call 1, attempt: 1}}`.replace('$.input.n + input.n', '${input.n * 2}'),
    );
  });

  test('a list answers one call each, and its last answer stays', async () => {
    const looping = `output: {got: "$.each.results"}
steps:
  - {name: each, type: loop, iterate_over: $.input.items, item_variable: item, steps: [{name: pay, ${call}, input: {i: $.item}}]}`;
    await assertPasses(
      looping,
      `input: {items: [1, 2, 3, 4]}
mocks: {pay: [{response: a}, {response: b}]}
expect:
  output: {got: [a, b, b, b]}
  calls: {pay: {inputs: [{i: 1}, {i: 2}, {i: 3}, {i: 4}]}, "each[2].pay": 1, e/f: 4}`,
    );
  });

  test('an answer with a condition is for the calls that it holds for, whatever their order', async () => {
    const looping = `output: {got: "$.each.results"}
steps:
  - {name: each, type: loop, iterate_over: $.input.items, item_variable: item, steps: [{name: pay, ${call}, input: {i: $.item}}]}`;
    await assertPasses(
      looping,
      `input: {items: [1, 9, 2, 9]}
mocks: {pay: [{response: small}, {when: $.input.i > 5, response: big}]}
expect: {output: {got: [small, big, small, big]}}`,
    );
  });

  test('an error is retried as the policy says, and the time of its delays passes at once', async () => {
    const { performance } = await assertPasses(
      retrying,
      `mocks: {pay: [{error: BUSY, delay: 5s}, {error: {code: BUSY, message: again}}, {response: {ok: true}}]}
expect: {status: completed, calls: {pay: 3}, duration: 2m5s}`,
    );
    assert.deepEqual(
      performance.calls.map(({ at, attempt }) => [at, attempt]),
      [
        [0, 1],
        [65_000, 2],
        [125_000, 3],
      ],
    );
  });

  test('an error that is not retryable ends the attempts', async () => {
    await assertPasses(
      retrying,
      `mocks: {pay: {error: {code: DECLINED, message: no, retryable: false, details: {why: limit}}}}
expect: {status: failed, error: {code: DECLINED, message: no, step: pay, details: {why: limit}}, calls: {pay: 1}}`,
    );
  });

  test('no answer runs into the timeout of the step, to the millisecond', async () => {
    await assertPasses(
      retrying,
      'mocks: {pay: {timeout: true}}\nexpect: {status: failed, error: {code: TIMEOUT}, duration: 2m30s}',
    );
  });

  test('an answer that is slower than the timeout does not count', async () => {
    await assertPasses(
      retrying,
      `mocks: {pay: [{response: {late: true}, delay: 11s}, {response: {late: false}}]}
expect: {output: {late: false}, duration: 1m10s}`,
    );
  });

  test('a function answers for every step that calls it, and a step of its own name comes first', async () => {
    await assertPasses(
      `steps:\n  - {name: first, ${call}}\n  - {name: second, ${call}}`,
      `mocks: {e/f: {response: {by: function}}, second: {response: {by: step}}}
expect: {outputs: {first: {by: function}, second: {by: step}}}`,
    );
  });

  test('steps that the server does by itself run, unless a mock answers for them', async () => {
    const steps = `steps:
  - {name: double, type: transform, mapping: {n: "\${input.n * 2}"}}
  - {name: check, type: validate, data: $.double, schema: {properties: {n: {maximum: 5}}}}
  - {name: add, type: transform, script: "return { n: input.n + 1 }", input: $.double}`;
    await assertPasses(
      steps,
      'input: {n: 2}\nmocks: {double: passthrough}\nexpect: {outputs: {double: {n: 4}, add: {n: 5}}}',
    );
    await assertPasses(steps, 'input: {n: 9}\nmocks: {double: {response: {n: 1}}}\nexpect: {outputs: {add: {n: 2}}}');
    await assertPasses(steps, 'input: {n: 9}\nexpect: {status: failed, error: {code: VALIDATION_FAILED}}');
    await assertPasses(
      steps,
      'input: {n: 1}\nmocks: {add: {error: NO_SCRIPT}}\nexpect: {status: failed, error: {code: NO_SCRIPT}}',
    );
  });

  test('containers may be mocked as a whole', async () => {
    await assertPasses(
      `steps:
  - name: both
    type: parallel
    branches: [{name: a, steps: [{name: one, ${call}}]}, {name: b, steps: [{name: two, ${call}}]}]`,
      'mocks: {both: {response: {a: 1, b: 2}}}\nexpect: {output: {a: 1, b: 2}, steps: [both]}',
    );
  });

  test('an output stands for the output of the step, whatever its mapping makes of a response', async () => {
    const mapped = `steps:\n  - {name: pay, ${call}, output: {id: $.response.charge.id}}`;
    await assertPasses(mapped, 'mocks: {pay: {response: {charge: {id: 7}}}}\nexpect: {outputs: {pay: {id: 7}}}');
    await assertPasses(
      mapped,
      'mocks: {pay: {output: {id: 7, more: "$.attempt"}}}\nexpect: {outputs: {pay: {id: 7, more: 1}}}',
    );
    await assertPasses(mapped, 'mocks: {e/f: {output: 3}}\nexpect: {outputs: {pay: 3}}');
  });

  test('a connector is called with its request, and goes nowhere', async () => {
    await assertPasses(
      'steps:\n  - {name: ask, type: http, url: "https://api.example.com/users/${input.id}", headers: {authorization: "Bearer ${secrets.key}"}}',
      `input: {id: 7}
secrets: {key: k-1}
mocks: {ask: {response: {status: 200, body: {name: Ada}}}}
expect:
  outputs_include: {ask: {body: {name: Ada}}}
  calls: {ask: {count: 1, input_includes: {url: "https://api.example.com/users/7"}}, http: 1}`,
    );
  });
});

describe('what is not mocked', () => {
  test('fails the case, names the step and shows how to mock it', async () => {
    const result = await runOne(pay, 'expect: {}');
    assert.deepEqual(toldBy(result), [
      'step "pay" calls e/f, and nothing answers: no test goes out to the world. Mock it:',
      '  mocks:',
      '    pay: { response: {} }',
    ]);
  });

  test('an error handler does not hide it', async () => {
    const steps = `steps:\n  - {name: pay, ${call}, on_failure: undo}\n  - {name: undo, ${call}}`;
    const result = await runOne(steps, 'mocks: {undo: {response: {}}}\nexpect: {status: failed}');
    assert.match(toldBy(result)[0] ?? '', /step "pay" calls e\/f/);
  });

  for (const [type, fields] of [
    ['http', 'url: "http://127.0.0.1:1/"'],
    ['grpc', 'address: "127.0.0.1:1", service: a.B, method: c'],
    ['database', 'connection: main, query: "select 1"'],
    ['webhook', 'url: "http://127.0.0.1:1/"'],
    ['notify', 'channel: slack, message: hi'],
  ] as const) {
    test(`${type} goes nowhere either`, async () => {
      const { cases, problems } = await runText(
        `steps:\n  - {name: out, type: ${type}, ${fields}}`,
        'cases: [{name: a, expect: {}}]',
      );
      assert.deepEqual(problems, []);
      assert.match(cases[0]?.failures[0]?.message ?? '', new RegExp(`step "out" calls ${type}, and nothing answers`));
    });
  }

  test('a call that no condition of its mock fits is told as that', async () => {
    const result = await runOne(pay, 'mocks: {pay: {when: $.input.n > 1, response: {}}}\nexpect: {}');
    assert.match(toldBy(result)[0] ?? '', /no answer of the mock "pay" is for this call of step "pay"/);
  });

  test('a mock without a value fails the case with its reason', async () => {
    const result = await runOne(pay, 'mocks: {pay: {response: "${input.a.b + 1 / 0 + round(\'x\')}"}}\nexpect: {}');
    assert.match(toldBy(result)[0] ?? '', /the mock of "pay" has no value/);
  });
});

describe('time', () => {
  test('a wait of 30 days takes none, and now() is the time of the case', async () => {
    const { tookMs } = await assertPasses(
      `output: {began: "$.before.at", ended: "$.after.at"}
steps:
  - {name: before, type: transform, mapping: {at: "\${now()}"}}
  - {name: month, type: wait, duration: 30d}
  - {name: after, type: transform, mapping: {at: "\${now()}"}}`,
      `clock: 2030-01-31T09:00:00Z
expect:
  output: {began: "2030-01-31T09:00:00.000Z", ended: "2030-03-02T09:00:00.000Z"}
  duration: 30d`,
    );
    assert.ok(tookMs < 2_000, `it took ${tookMs} ms`);
  });

  test('polling every minute for three days is quick too', async () => {
    const { tookMs } = await assertPasses(
      `steps:
  - {name: poll, ${call}, max_visits: 5000}
  - {name: stop, type: condition, condition: $.poll.done, then: [{name: out, type: fail, code: DONE}], max_visits: 5000}
  - {name: nap, type: wait, duration: 1m, on_success: poll, max_visits: 5000}`,
      `mocks: {poll: [{when: $.call < 4321, response: {done: false}}, {response: {done: true}}]}
expect: {status: failed, error: {code: DONE}, duration: 3d, calls: {poll: 4321}}`,
    );
    assert.ok(tookMs < 20_000, `it took ${tookMs} ms`);
  });

  test('a timeout of the workflow ends it at its moment', async () => {
    await assertPasses(
      'timeout: 1h\nsteps:\n  - {name: long, type: wait, duration: 2h}',
      'expect: {status: timed_out, error: {code: WORKFLOW_TIMEOUT}, duration: 1h}',
    );
  });

  test('a mock that never answers a step without a timeout leaves it stuck, and the case says so', async () => {
    const result = await runOne(pay, 'mocks: {pay: {timeout: true}}\nexpect: {status: completed}');
    assert.deepEqual(toldBy(result), [
      'the status is running, expected completed',
      'nothing happens any more: step "pay" waits for an answer that its mock never gives, and has no timeout: give the step one, or mock an error',
    ]);
  });

  test('the same case gives the same run, event for event, and another seed another one', async () => {
    const steps = `steps:\n  - {name: pay, ${call}, retry_config: {max_attempts: 3}}\n  - {name: id, type: transform, mapping: {id: "\${uuid()}"}}`;
    const body = (seed: number) => `seed: ${seed}\nmocks: {pay: [{error: A}, {response: {}}]}\nexpect: {}`;
    const events = async (seed: number) =>
      JSON.stringify((await assertPasses(steps, body(seed))).performance.executions);
    const first = await events(1);
    assert.equal(await events(1), first);
    assert.notEqual(await events(2), first);
  });
});

describe('the world of a case', () => {
  test('signals come at their times, and wake who waits for them', async () => {
    await assertPasses(
      'output: $.go\nsteps:\n  - {name: go, type: wait, signal: paid, condition: $.signal.amount > 5, timeout: 1h}',
      `signals: [{name: paid, at: 1m, payload: {amount: 1}}, {name: paid, at: 2m, payload: {amount: 9}}]
expect: {output: {amount: 9}, duration: 2m}`,
    );
  });

  test('a signal that comes after the end fails the case, at its line', async () => {
    const result = await runOne(pay, 'mocks: {pay: {response: {}}}\nexpect: {}\nsignals:\n  - {name: paid, at: 1m}');
    assert.match(toldBy(result)[0] ?? '', /the signal "paid" was refused: /);
    assert.equal(result.failures[0]?.pointer, '/spec/cases/0/signals/0');
  });

  const asking = `steps:
  - name: approve
    type: human_task
    assignee: [boss]
    form: [{name: amount, type: number, required: true}]
    outcomes: [approved, rejected]
    timeout: 2d
    escalation: [{after: 1d, assignee: [chief]}]`;

  test('people answer after a time, and their answers are checked as the API checks them', async () => {
    await assertPasses(
      asking,
      `human_tasks: [{step: approve, after: 3h, answer: {amount: 3}, outcome: approved, comment: fine}]
expect: {outputs_include: {approve: {outcome: approved, answer: {amount: 3}, answered_by: boss, comment: fine}}, duration: 3h}`,
    );
    await assertPasses(
      asking,
      `human_tasks: [{step: approve, after: 25h, by: chief, answer: {amount: 3}, outcome: rejected}]
expect: {outputs_include: {approve: {outcome: rejected, answered_by: chief}}, duration: 25h}`,
    );
    const wrong = await runOne(
      asking,
      'human_tasks: [{step: approve, answer: {amount: many}, outcome: approved}]\nexpect: {}',
    );
    assert.match(toldBy(wrong)[0] ?? '', /the answer to "approve" was refused: the answer does not fit: .*amount/);
    const stranger = await runOne(
      asking,
      'human_tasks: [{step: approve, by: bob, answer: {amount: 1}, outcome: approved}]\nexpect: {}',
    );
    assert.match(toldBy(stranger)[0] ?? '', /the answer to "approve" was refused/);
  });

  test('nobody answers, and the time of the task runs out', async () => {
    await assertPasses(asking, 'expect: {status: failed, error: {code: TIMEOUT, step: approve}, duration: 2d}');
  });

  test('a mocked human task takes the way of a real one: on_timeout where its time runs out, on_failure where it fails', async () => {
    const steps = `${asking}
    on_timeout: late
    on_failure: sorry
  - {name: late, type: transform, mapping: {way: late}, on_success: end}
  - {name: sorry, type: transform, mapping: {way: sorry}, on_success: end}`;
    await assertPasses(
      steps,
      'mocks: {approve: {timeout: true}}\nexpect: {steps: [approve, late], output: {way: late}, duration: 2d}',
    );
    await assertPasses(
      steps,
      'mocks: {approve: {error: AWAY}}\nexpect: {steps: [approve, sorry], output: {way: sorry}, duration: 0s}',
    );
  });

  test('a case may end while it waits, if that is what it expects', async () => {
    const steps = 'steps:\n  - {name: go, type: wait, signal: paid}';
    await assertPasses(steps, 'expect: {status: waiting, steps: [go]}');
    assert.deepEqual(toldBy(await runOne(steps, 'expect: {}')), [
      'the status is waiting, expected completed',
      'nothing happens any more: step go waits for the signal "paid": send it, or wait for its timeout',
    ]);
  });

  test('operators cancel, pause, resume and retry at their times', async () => {
    const steps = `steps:\n  - {name: pay, ${call}}\n  - {name: nap, type: wait, duration: 1h}`;
    const mocks = 'mocks: {pay: {response: {}}}';
    await assertPasses(
      steps,
      `${mocks}\noperations: [{type: cancel, at: 10m}]\nexpect: {status: cancelled, duration: 10m}`,
    );
    await assertPasses(
      steps,
      `${mocks}\noperations: [{type: pause, at: 10m}, {type: resume, at: 3h}]\nexpect: {status: completed, duration: 3h}`,
    );
    await assertPasses(steps, `${mocks}\noperations: [{type: pause, at: 10m}]\nexpect: {status: paused}`);
    await assertPasses(
      `steps:\n  - {name: pay, ${call}}`,
      'mocks: {pay: [{error: DOWN}, {response: {}}]}\noperations: [{type: retry, at: 1d}]\nexpect: {status: completed, calls: {pay: 2}, duration: 1d}',
    );
  });

  test('a start that is refused is an end like any other', async () => {
    await assertPasses(
      `input_schema: {type: object, required: [id]}\n${pay}`,
      'input: {}\nexpect: {status: refused, error: {code: INPUT_INVALID}, calls: {pay: 0}}',
    );
  });

  test('variables of the environment and secrets are those of the case, each time anew', async () => {
    const steps = 'output: {region: "${env.REGION}"}\nsteps:\n  - {name: a, type: transform, mapping: {}}';
    const { cases } = await runText(
      steps,
      `env: {REGION: eu}
cases:
  - {name: a, expect: {output: {region: eu}}}
  - {name: b, env: {REGION: us}, expect: {output: {region: us}}}
  - {name: c, expect: {output: {region: eu}}}`,
    );
    assert.deepEqual(cases.map(toldBy), [[], [], []]);
  });
});

describe('secrets', () => {
  test('stand in inputs with the value of the case, or with a name', async () => {
    await assertPasses(
      `steps:\n  - {name: pay, ${call}, input: {key: "Bearer \${secrets.key}", other: "\${secrets.other}"}}`,
      `secrets: {key: k-1}
mocks: {pay: {response: {seen: $.input.key}}}
expect: {output: {seen: Bearer k-1}, calls: {pay: {input: {key: Bearer k-1, other: "secret:other"}}}}`,
    );
  });
});

describe('called workflows', () => {
  const parent = 'output: $.sub\nsteps:\n  - {name: sub, type: workflow, workflow: child, input: {n: $.input.n}}';
  const child = `apiVersion: magicflow.io/v2
kind: Workflow
metadata: {name: child, version: 1.0.0}
spec:
  output: {got: $.work.n}
  steps:
    - {name: work, ${call}}
`;

  test('run for real where their definition lies beside the test, and their steps are mocked by both names', async () => {
    await assertPasses(
      parent,
      `input: {n: 3}
mocks: {"child:work": {response: {n: "$.input.n"}}}
expect: {output: {got: 3}, steps: [sub], calls: {"child:work": 1, e/f: {inputs: [{n: 3}]}}}`,
      [child],
    );
    const unmocked = await runOne(parent, 'expect: {}', [child]);
    assert.match(toldBy(unmocked).join('\n'), /"child:work": \{ response: \{\} \}/);
  });

  test('or are mocked as a whole, and must be where they are not there', async () => {
    await assertPasses(parent, 'mocks: {sub: {response: {got: 1}}}\nexpect: {output: {got: 1}}', [child]);
    await assertPasses(parent, 'mocks: {sub: {error: LOST}}\nexpect: {status: failed, error: {code: LOST}}');
    assert.match(toldBy(await runOne(parent, 'expect: {}'))[0] ?? '', /calls a workflow that is not in the folder/);
  });
});

describe('many cases', () => {
  test('a thousand simple ones take some seconds of the processor', async () => {
    const cases = Array.from(
      { length: 1_000 },
      (_, index) => `  - {name: c${index}, input: {n: ${index}}, expect: {output: {n: ${index}}}}`,
    );
    const before = process.cpuUsage();
    const result = await runText(
      `steps:\n  - {name: a, ${call}}\n  - {name: b, ${call}}\n  - {name: c, ${call}}`,
      `mocks: {e/f: {response: {n: $.input.n}}}\ncases:\n${cases.join('\n')}`,
    );
    const { user, system } = process.cpuUsage(before);
    assert.deepEqual([result.cases.length, result.cases.flatMap(toldBy)], [1_000, []]);
    const seconds = (user + system) / 1e6;
    assert.ok(seconds < 15, `${seconds} s of the processor`);
  });
});
