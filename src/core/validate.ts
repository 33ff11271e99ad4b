/** What a validate step does: data against schemas and rules, counted rule by rule, in the move that came to it. */
import type { Scope, Template } from '../expression/expression.ts';
import type { Json, JsonObject } from '../kit/json.ts';
import type { SchemaCheck } from '../model/json-schema.ts';
import { Effort } from './effort.ts';
import { StepFault } from './errors.ts';
import type { Quality } from './events.ts';
import { validatedItemsMax, validationErrorsMax } from './limits.ts';
import type { CompiledTest, Flaw } from './quality-test.ts';

export interface ValidateWork {
  readonly kind: 'validate';
  readonly data: Template | undefined;
  readonly schema: SchemaCheck | undefined;
  readonly itemSchema: SchemaCheck | undefined;
  readonly rules: readonly CompiledRule[];
  readonly isTolerant: boolean;
}

type Severity = 'error' | 'warning';

interface CompiledRule {
  readonly name: string;
  readonly severity: Severity;
  readonly test: CompiledTest;
  readonly message: Template | undefined;
}

export interface Validated {
  readonly isValid: boolean;
  readonly quality: Quality;
  /** `{valid, checked, passed, failed, rules, errors}`. */
  readonly report: JsonObject;
  /** The items that break no rule of severity error, with defaults filled in; of one object the object, or null. */
  readonly data: Json;
  /** For people: what is wrong. */
  readonly message: string;
}

/** `input`: what is checked where the step names no data. */
export function validate(work: ValidateWork, base: Scope, input: Json): Validated {
  const given = work.data ? (work.data.fill(base) as Json) : input;
  const tally = new Tally();
  const whole = work.schema ? checkWhole(work.schema, given, tally) : given;
  const isList = Array.isArray(whole);
  const items: readonly Json[] = isList ? whole : [whole];
  if (items.length > validatedItemsMax) {
    const message = `the data has ${items.length} items, at most ${validatedItemsMax} are checked: validate it in parts`;
    throw new StepFault('LIMIT_EXCEEDED', message);
  }
  const checkItem = itemCheck(work, base, tally);
  const passed = items.flatMap((item, index) => checkItem(item, isList ? index : undefined));
  // Of one object the schema of the whole is a rule like the others.
  const sound = isList || tally.isWholeSound ? passed : [];
  return tally.result({ checked: items.length, passed: sound.length, data: isList ? sound : (sound[0] ?? null) });
}

function checkWhole(schema: SchemaCheck, data: Json, tally: Tally): Json {
  const outcome = schema.check(data);
  tally.count('schema', 'error', outcome.ok);
  if (outcome.ok) return outcome.value;
  tally.isWholeSound = false;
  for (const { message, pointer } of outcome.errors) tally.tell('schema', 'error', { message, pointer });
  return data;
}

/** Checks one item after the other; gives the item where it passes, with its defaults, and nothing where it does not. */
function itemCheck(work: ValidateWork, base: Scope, tally: Tally): (item: Json, index: number | undefined) => Json[] {
  const effort = new Effort();
  const current: { item: Json; index: number } = { item: null, index: 0 };
  const scope: Scope = {
    nowMs: base.nowMs,
    random: () => base.random(),
    env: (name) => base.env(name),
    effort,
    root: (name, next) => (name === 'item' ? current.item : name === 'index' ? current.index : base.root(name, next)),
  };
  const rules = work.rules.map((rule) => ({ ...rule, ask: rule.test(scope, effort) }));
  if (work.itemSchema) tally.begin('item_schema', 'error');
  for (const { name, severity } of rules) tally.begin(name, severity);

  return (item, index) => {
    const place = index === undefined ? '' : `/${index}`;
    let isSound = true;
    current.item = item;
    current.index = index ?? 0;
    if (work.itemSchema) {
      const outcome = work.itemSchema.check(item);
      tally.count('item_schema', 'error', outcome.ok);
      if (outcome.ok) current.item = outcome.value;
      else {
        isSound = false;
        for (const { message, pointer } of outcome.errors) {
          tally.tell('item_schema', 'error', { message, pointer: place + pointer }, index);
        }
      }
    }
    for (const { name, severity, message, ask } of rules) {
      const flaw = ask(current.item, current.index);
      tally.count(name, severity, flaw === undefined);
      if (flaw === undefined) continue;
      if (severity === 'error') isSound = false;
      if (tally.isFull) continue;
      const told = message ? String(message.fill(scope)) : flaw.message;
      tally.tell(name, severity, { message: told, pointer: place + flaw.pointer }, index);
    }
    return isSound ? [current.item] : [];
  };
}

interface RuleCount {
  readonly severity: Severity;
  passed: number;
  failed: number;
}

/** What was found so far. */
class Tally {
  isWholeSound = true;
  private readonly rules = new Map<string, RuleCount>();
  private readonly errors: JsonObject[] = [];

  begin(rule: string, severity: Severity): RuleCount {
    const begun = { severity, passed: 0, failed: 0 };
    this.rules.set(rule, begun);
    return begun;
  }

  count(rule: string, severity: Severity, isPassed: boolean): void {
    const count = this.rules.get(rule) ?? this.begin(rule, severity);
    if (isPassed) count.passed += 1;
    else count.failed += 1;
  }

  get isFull(): boolean {
    return this.errors.length >= validationErrorsMax;
  }

  tell(rule: string, severity: Severity, { message, pointer }: Flaw, index?: number): void {
    if (this.isFull) return;
    this.errors.push({ ...(index === undefined ? {} : { index }), rule, severity, message, pointer });
  }

  result({ checked, passed, data }: { checked: number; passed: number; data: Json }): Validated {
    const isValid = this.isWholeSound && passed === checked;
    const counts = [...this.rules];
    const rules = Object.fromEntries(
      counts.map(([name, { severity, ...count }]) => [name, { ...count, severity }] as const),
    );
    const quality = Object.fromEntries(counts.map(([name, count]) => [name, [count.passed, count.failed]] as const));
    const failed = checked - passed;
    const report = { valid: isValid, checked, passed, failed, rules, errors: this.errors };
    return { isValid, quality, report, data, message: this.message(checked, failed) };
  }

  private message(checked: number, failed: number): string {
    const broken = [...this.rules].filter(([, { severity, failed: count }]) => severity === 'error' && count > 0);
    const names = broken.map(([name, { failed: count }]) => `${name} (${count})`).join(', ');
    const [subject, verb] =
      checked === 1 ? ['the data', 'is'] : [`${failed} of ${checked} items`, failed === 1 ? 'is' : 'are'];
    return `${subject} ${verb} not valid: ${names}`;
  }
}
