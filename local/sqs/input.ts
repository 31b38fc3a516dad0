import { SqsRefusal } from './refusal.js';

/** The parameters of a call or of an entry of a batch, read one by one and refused as SQS refuses them. */
export class Input {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  /** @throws SqsRefusal when the body is not a JSON object. */
  static parse(body: Buffer): Input {
    let value: unknown;
    try {
      value = JSON.parse(body.toString('utf8')) as unknown;
    } catch {
      throw new SqsRefusal('Serialization', 'The request body is not JSON.');
    }
    return new Input(recordOf(value, 'The request body'));
  }

  /** @throws SqsRefusal when it is missing or empty. */
  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined || value === '') {
      throw new SqsRefusal('MissingParameter', `The request must contain the parameter ${name}.`);
    }
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string')
      throw new SqsRefusal('Serialization', `The parameter ${name} is not a string.`);
    return value;
  }

  /** @throws SqsRefusal when it is out of bounds; undefined when it is missing. */
  optionalInteger(name: string, min: number, max: number): number | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number')
      throw new SqsRefusal('Serialization', `The parameter ${name} is not a number.`);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new SqsRefusal(
        'InvalidParameterValue',
        `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
      );
    }
    return value;
  }

  /** @throws SqsRefusal when it is missing or out of bounds. */
  integer(name: string, min: number, max: number): number {
    const value = this.optionalInteger(name, min, max);
    if (value === undefined)
      throw new SqsRefusal('MissingParameter', `The request must contain the parameter ${name}.`);
    return value;
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((value) => {
      if (typeof value !== 'string')
        throw new SqsRefusal('Serialization', `The parameter ${name} holds what is not a string.`);
      return value;
    });
  }

  inputs(name: string): readonly Input[] {
    return this.#list(name).map((value) => new Input(recordOf(value, `An entry of ${name}`)));
  }

  /** A map of name to parameters; empty when it is missing. */
  namedInputs(name: string): readonly (readonly [string, Input])[] {
    const value = this.#fields[name];
    if (value === undefined || value === null) return [];
    return Object.entries(recordOf(value, `The parameter ${name}`)).map(([key, entry]) => [
      key,
      new Input(recordOf(entry, `${key} of ${name}`)),
    ]);
  }

  /** A map of name to text; empty when it is missing. */
  namedTexts(name: string): Readonly<Record<string, string>> {
    const value = this.#fields[name];
    if (value === undefined || value === null) return {};
    const input = new Input(recordOf(value, `The parameter ${name}`));
    return Object.fromEntries(Object.keys(input.#fields).map((key) => [key, input.optionalText(key) ?? '']));
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  #list(name: string): readonly unknown[] {
    const value = this.#fields[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new SqsRefusal('Serialization', `The parameter ${name} is not a list.`);
    return value;
  }
}

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SqsRefusal('Serialization', `${what} is not a JSON object.`);
  }
  return Object.fromEntries(Object.entries(value));
}
