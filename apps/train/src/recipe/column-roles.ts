import type { ColumnProfile } from '@unroll/datasets/profile.ts';
import { isUnixTime } from '@unroll/datasets/times.ts';

/** The role of a column. Only measures are forecast; ids and constants are never read. */
export type Role = 'measure' | 'calendar' | 'time' | 'id' | 'constant' | 'category' | 'text' | 'empty';

const TIME_NAME =
  /^(t|ts|day|week|month|year|hour|step|when|epoch)$|(^|[_ .-])(date|time|datetime|timestamp|unix|utc)([_ .-]|$)|(?<!candi)(date|time|stamp)$|_at$/i;
/** Names for a part of a day, week or year. Such columns are known ahead and are not targets of a forecast. */
const CALENDAR_NAME =
  /^(year|quarter|month|week|day|dow|doy|hour|minute|second|weekday|is_?(weekend|holiday)|day_?of_?(week|month|year)|week_?of_?year)$/i;
const ID_NAME = /^(.*[_ -])?(id|ids|uuid|guid|key|idx|index|zip|zipcode|postcode|row)$|[a-z](Id|ID)$/i;

/** Names for the person or the source of a row. */
const ORIGIN_NAME = /^(user|author|patient|session|group|customer|client)(_?(id|name))?$|_id$|^id$/i;
/** Names for titles and names, which are content only if no other text exists. */
const THING_NAME = /(^|[_ -]|[a-z])(name|url|link|email|phone|address)$/i;

export const isOriginName = (name: string) => ORIGIN_NAME.test(name);

export const isThingName = (name: string) => THING_NAME.test(name);

export const isTimeName = (name: string) => TIME_NAME.test(name);

export const isIdName = (name: string) => ID_NAME.test(name);

export function roleOf(column: ColumnProfile): Role {
  const { name, type, distinct } = column;
  if (type === 'empty') return 'empty';
  if (distinct === 1) return 'constant';
  if (type !== 'number') return type;
  const { least, most, whole, counter } = column.numbers;
  const mayBeTime = isUnixTime(least) && isUnixTime(most) && TIME_NAME.test(name);
  const compactDate = whole && least >= 18_000_101 && most <= 21_991_231 && TIME_NAME.test(name);
  if (mayBeTime || compactDate || (counter && TIME_NAME.test(name))) return 'time';
  if (counter || (whole && isIdName(name))) return 'id';
  if (whole && least >= 0 && most < 3000 && CALENDAR_NAME.test(name)) return 'calendar';
  return 'measure';
}

/** A word for the content of columns of a role. */
export const HOLDS: Record<Role, string> = {
  measure: 'numbers',
  calendar: 'numbers',
  time: 'times',
  id: 'ids',
  constant: 'one value',
  category: 'categories',
  text: 'texts',
  empty: 'nothing',
};

/** The reason why a column is not read, for display. */
export function whyUnread({ name, missing }: ColumnProfile, role: Role, rows: number): string {
  const lacks = missing > 0 && !['constant', 'empty', 'id', 'time'].includes(role);
  return `${name} (${lacks ? `${missing.toLocaleString('en')} of ${rows.toLocaleString('en')} missing` : HOLDS[role]})`;
}
