/** One problem found in a document: what, where and how to mend it. `line` and `column` count from 1. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** JSON pointer (RFC 6901) into the document. */
  readonly pointer: string;
  readonly file?: string;
  readonly line: number;
  readonly column: number;
}

/** Every diagnostic there is, with its severity. Checked against the docs by a test. */
export const diagnostics = {
  YAML_INVALID: 'error',
  DOCUMENT_TOO_LARGE: 'error',
  DOCUMENT_TOO_DEEP: 'error',
  API_VERSION_UNKNOWN: 'error',
  KIND_UNKNOWN: 'error',
  FIELD_UNKNOWN: 'error',
  FIELD_MISSING: 'error',
  FIELD_CONFLICT: 'error',
  TYPE_WRONG: 'error',
  VALUE_INVALID: 'error',
  NAME_INVALID: 'error',
  NAME_DUPLICATE: 'error',
  NAME_RESERVED: 'error',
  VERSION_INVALID: 'error',
  DURATION_INVALID: 'error',
  EXPRESSION_INVALID: 'error',
  SCHEMA_INVALID: 'error',
  SCRIPT_INVALID: 'error',
  SECRET_MISPLACED: 'error',
  STEP_TYPE_UNKNOWN: 'error',
  STEP_ELSEWHERE: 'error',
  STEP_CYCLE: 'error',
  DEPENDENCY_UNDEFINED: 'error',
  MIXED_FLOW: 'error',
  LIMIT_EXCEEDED: 'error',
  WORKFLOW_CYCLE: 'error',
  TEST_MISMATCH: 'error',
  STEP_UNDEFINED: 'warning',
  STEP_UNREACHABLE: 'warning',
  STEP_REPEATS: 'warning',
  HANDLER_BEFORE_USE: 'warning',
  WORKFLOW_UNKNOWN: 'warning',
  FIELD_NOT_ACTIVE: 'warning',
} as const satisfies Record<string, Diagnostic['severity']>;

export type DiagnosticCode = keyof typeof diagnostics;
