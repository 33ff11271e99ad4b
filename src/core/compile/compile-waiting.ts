import { present } from '../../kit/assert.ts';
import type { Json } from '../../kit/json.ts';
import type { Awaitable, Form, HumanTaskStep, WaitStep } from '../../model/definition.ts';
import { schemaOfForm } from '../../model/form.ts';
import { compileSchema } from '../../model/json-schema.ts';
import type { Alternative, HumanWork, WaitWork } from '../program.ts';
import { durationOf, expressionOf, templateOf } from './compile-text.ts';

/** Steps that wait for the world: for times and signals, for people. */
export function compileWait(step: WaitStep): WaitWork {
  const alternatives = step.any?.map((each) => compileAlternative(each, each.name));
  return { kind: 'wait', alternatives: alternatives ?? [compileAlternative(step, undefined)] };
}

function compileAlternative({ duration, until, signal, key, take, condition }: Awaitable, name: string | undefined) {
  const alternative: Alternative = {
    name,
    duration: durationOf(duration),
    until: templateOf(until),
    signal,
    key: templateOf(key),
    take: templateOf(take),
    condition: condition === undefined ? undefined : expressionOf(condition),
  };
  return alternative;
}

export function compileHumanTask(step: HumanTaskStep): HumanWork {
  const { title, description, name, assignees = [], form, outcomes, due, escalation = [] } = step;
  return {
    kind: 'human_task',
    title: titleOf(title, description ?? name),
    assignees: assignees.map((assignee) => templateOf(assignee)),
    check: form && onDemand(() => compileSchema(schemaOfForm(form))),
    defaults: templateOf(form && defaultsOf(form)),
    outcomes,
    due: durationOf(due),
    escalations: escalation.map((each) => ({
      after: present(durationOf(each.after), 'the time of an escalation'),
      assignees: each.assignees.map((assignee) => templateOf(assignee)),
    })),
  };
}

/** A description is a text as it stands, whatever is in it. */
function titleOf(title: Json | undefined, plain: string): HumanWork['title'] {
  if (title === undefined) return () => plain;
  const template = templateOf(title);
  return (scope) => template.fill(scope);
}

function defaultsOf(form: Form): Json | undefined {
  const filled = 'fields' in form ? form.fields.filter((field) => field.default !== undefined) : [];
  if (filled.length === 0) return undefined;
  return Object.fromEntries(filled.map((field) => [field.name, field.default as Json]));
}

/** A form takes tens of milliseconds to compile, and its first answer comes long after the start. */
function onDemand<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
