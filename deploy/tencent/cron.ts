/** One field of SCF's timer expression (SCF, product 583, page 9708, "Cron expression"). */
interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Three-letter names, the first of which stands for `min`. */
  readonly names?: readonly string[];
  /** Marks beyond `, - * /` that the field takes. */
  readonly marks?: readonly ('?' | 'L' | 'W' | '#')[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const FIELDS: readonly Field[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31, marks: ['?', 'L', 'W'] },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of the week', min: 0, max: 6, names: WEEKDAYS, marks: ['?', 'L', '#'] },
  { name: 'year', min: 1970, max: 2099 },
];

/**
 * What is wrong with a timer expression of SCF, in words that continue "the expression …"; undefined when nothing is. The old form of five fields is
 * refused: the page keeps it for old triggers only.
 */
export function cronProblem(expression: string): string | undefined {
  const fields = expression.split(' ');
  if (fields.length !== FIELDS.length) {
    return `has ${fields.length} fields, but SCF's has ${FIELDS.length}: second, minute, hour, day, month, weekday, year, with one space between`;
  }
  for (const [index, field] of FIELDS.entries()) {
    const text = fields[index] ?? '';
    const bad = text.split(',').find((item) => !isItem(item, field));
    if (bad !== undefined) {
      return `has ${JSON.stringify(bad)} as its ${field.name}, which is from ${field.min} to ${field.max}`;
    }
  }
  if (fields[3] === '?' && fields[5] === '?')
    return 'has "?" both as its day of the month and of the week: give one';
  return undefined;
}

/** `*`, a value, a range, each perhaps with a step; or one of the field's own marks. */
function isItem(item: string, field: Field): boolean {
  const marks = field.marks ?? [];
  if (item === '?') return marks.includes('?');
  if (item === 'L') return marks.includes('L');
  const [, workday] = /^(\d+)W$/.exec(item) ?? [];
  if (workday !== undefined) return marks.includes('W') && valueOf(workday, field) !== undefined;
  const [, last] = /^(\w+)L$/.exec(item) ?? [];
  if (last !== undefined)
    return marks.includes('L') && marks.includes('#') && valueOf(last, field) !== undefined;
  const [, weekday, nth] = /^(\w+)#([1-5])$/.exec(item) ?? [];
  if (weekday !== undefined && nth !== undefined)
    return marks.includes('#') && valueOf(weekday, field) !== undefined;
  return isRange(item, field);
}

function isRange(item: string, field: Field): boolean {
  const [, span = '', step] = /^([^/]*)(?:\/(\d{1,4}))?$/.exec(item) ?? [];
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.max)) return false;
  if (span === '*') return true;
  const [from = '', to, ...more] = span.split('-');
  const first = valueOf(from, field);
  if (first === undefined || more.length > 0) return false;
  if (to === undefined) return true;
  const last = valueOf(to, field);
  return last !== undefined && first <= last;
}

function valueOf(text: string, field: Field): number | undefined {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named >= 0 ? named + field.min : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}

/**
 * The expression that fires every so many minutes, on the minute.
 *
 * @throws RangeError when the minutes divide neither an hour nor a day of whole hours evenly, so that no expression says it.
 */
export function everyMinutes(minutes: number): string {
  if (Number.isInteger(minutes) && minutes >= 1) {
    if (minutes === 1) return '0 * * * * * *';
    if (minutes < 60 && 60 % minutes === 0) return `0 */${minutes} * * * * *`;
    const hours = minutes / 60;
    if (hours === 1) return '0 0 * * * * *';
    if (Number.isInteger(hours) && 24 % hours === 0)
      return hours === 24 ? '0 0 0 * * * *' : `0 0 */${hours} * * * *`;
  }
  throw new RangeError(
    `a timer cannot fire every ${minutes} minutes: use a divisor of 60 or whole hours that divide 24`,
  );
}
