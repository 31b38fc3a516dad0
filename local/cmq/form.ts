import { CmqRefusal } from './refusal.js';

/** What every call may have beside its own parameters (CMQ, "Common Request Parameters"; the last four from the service's own SDKs). */
const COMMON = [
  ...['Action', 'SecretId', 'Timestamp', 'Nonce', 'SignatureMethod', 'Signature', 'Region'],
  ...['Token', 'RequestClient', 'clientRequestId'],
];

/** The parameters of a call, read one by one and refused as CMQ refuses them. */
export class Form {
  /** Decoded, in their order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly #values: ReadonlyMap<string, string>;

  private constructor(fields: Form['fields']) {
    this.fields = fields;
    this.#values = new Map(fields);
  }

  /** @throws CmqRefusal when the body is no form, or names a parameter twice. */
  static parse(text: string): Form {
    const fields = text
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const equals = pair.indexOf('=');
        if (equals <= 0) throw new CmqRefusal('Unparsable');
        return [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))] as const;
      });
    const names = fields.map(([name]) => name);
    const repeated = names.find((name, index) => names.indexOf(name) !== index);
    if (repeated !== undefined) throw new CmqRefusal('RepeatedParameter', repeated);
    return new Form(fields);
  }

  /** @throws CmqRefusal for a parameter that is neither common nor among `own`; `x.n` stands for a list. */
  allowOnly(own: readonly string[]): void {
    for (const [name] of this.fields) {
      if (COMMON.includes(name) || own.includes(name) || own.includes(name.replace(/\.\d+$/, '.n'))) continue;
      throw new CmqRefusal('UnknownParameter', name);
    }
  }

  optionalText(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** @throws CmqRefusal when it is missing or empty. */
  text(name: string): string {
    const value = this.#values.get(name) ?? '';
    if (value === '') throw new CmqRefusal('LackedParameter', name);
    return value;
  }

  /** @throws CmqRefusal when it is missing, no whole number, or out of bounds. */
  integer(name: string, min: number, max: number): number {
    const value = this.text(name);
    if (!/^-?\d+$/.test(value)) throw new CmqRefusal('WrongType', name);
    if (Number(value) < min || Number(value) > max) throw new CmqRefusal('OutOfRange', name);
    return Number(value);
  }

  optionalInteger(name: string, min: number, max: number): number | undefined {
    return this.#values.has(name) ? this.integer(name, min, max) : undefined;
  }

  /** `name.0`, `name.1`, … or from `name.1` on. @throws CmqRefusal when there is none, a gap, or more than `max`. */
  list(name: string, max: number): readonly string[] {
    const indexes = [...this.#values.keys()]
      .filter((key) => key.startsWith(`${name}.`))
      .map((key) => Number(key.slice(name.length + 1)))
      .sort((one, other) => one - other);
    const [first] = indexes;
    if (first === undefined) throw new CmqRefusal('LackedParameter', `${name}.n`);
    if (indexes.length > max) throw new CmqRefusal('BatchSize', name);
    if (first > 1 || indexes.some((index, position) => index !== first + position)) {
      throw new CmqRefusal('NotConsequent', name);
    }
    return indexes.map((index) => this.#values.get(`${name}.${index}`) ?? '');
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new CmqRefusal('Unparsable');
  }
}
