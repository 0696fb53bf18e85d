import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../', import.meta.url);

interface Row {
  id: string;
  feature: string;
  state: string;
  tests: string[];
}

/** The rows of docs/features.md; the heads of its tables are left out. */
function readRows(): Row[] {
  const page = readFileSync(new URL('docs/features.md', root), 'utf8');
  return page
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| (id|---) \|/.test(line))
    .map((line) => {
      const [id = '', feature = '', state = '', tests = '', ...more] = line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim());
      expect(more).toEqual([]);
      return { id, feature, state, tests: tests === '—' ? [] : tests.split(', ') };
    });
}

const rows = readRows();

test('every row has an id of its own and a text', () => {
  expect(rows.length).toBeGreaterThan(300);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  expect(rows.filter(({ id, feature }) => !/^[A-Z]{1,2}[1-9]\d*$/.test(id) || !feature)).toEqual(
    [],
  );
});

test('the ids of a section count up from 1', () => {
  const prefixOf = ({ id }: Row): string => id.replace(/\d+$/, '');
  for (const prefix of new Set(rows.map(prefixOf))) {
    const ids = rows.filter((row) => prefixOf(row) === prefix).map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, index) => `${prefix}${index + 1}`));
  }
});

test('every state is known, and what is dropped says why', () => {
  const unknown = rows.filter(({ state }) => !/^(done|partial|planned|dropped: .+)$/.test(state));
  expect(unknown).toEqual([]);
});

test('what is done or partial names the tests that prove it, and nothing else does', () => {
  for (const { id, state, tests } of rows) {
    const proved = state === 'done' || state === 'partial';
    expect({ id, named: tests.length > 0 }).toEqual({ id, named: proved });
    for (const name of tests) {
      // CI is proved by its own file.
      expect(name).toMatch(/^`.+\.test\.ts`$|^`\.github\/workflows\/.+`$/);
      const exists = existsSync(new URL(name.slice(1, -1), root));
      expect({ id, name, exists }).toEqual({ id, name, exists: true });
    }
  }
});

/** Sections whose rows are promises one by one: each has a test that is named after it. */
const named = /^[ASM]\d+$/;

test('a login, session or SMS row that is done has a test named after it', () => {
  for (const { id, state, tests } of rows.filter((row) => named.test(row.id))) {
    if (state === 'done') {
      // In its title, or in a row of a table that titles are made of.
      const title = new RegExp(`['"\`](?:[A-Z]+\\d+, )*${id}(?:, [A-Z]+\\d+)*: |row: '${id}'`);
      const files = tests.map((name) => readFileSync(new URL(name.slice(1, -1), root), 'utf8'));
      expect({ id, isNamed: files.some((text) => title.test(text)) }).toEqual({
        id,
        isNamed: true,
      });
    }
  }
});
