import * as v from 'valibot';

/** An error answer of API 3.0. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** An action's parameters, or a refusal as the service words it: unknown ones included. */
export function checked<T>(schema: v.GenericSchema<unknown, T>, parameters: unknown): T {
  const parsed = v.safeParse(schema, parameters);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue) ?? '';
  if (issue.expected === 'never')
    throw new ApiRefusal('UnknownParameter', `The parameter ${path} is not known.`);
  if (issue.input === undefined)
    throw new ApiRefusal('MissingParameter', `The parameter ${path} is missing.`);
  throw new ApiRefusal(`InvalidParameterValue.${path.split('.')[0] ?? ''}`, issue.message);
}
