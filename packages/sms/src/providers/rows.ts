import { field, idOf } from '../http.ts';

/** A field of a row as text, written as a number or as a text; empty where there is none. */
export function textOf(row: unknown, name: string): string {
  return idOf(field(row, name)) ?? '';
}

/** A field of a row that counts seconds since 1970; null where there is no such instant. */
export function instantOf(row: unknown, name: string): Date | null {
  const instant = new Date(Number(textOf(row, name) || Number.NaN) * 1_000);
  return Number.isNaN(instant.getTime()) ? null : instant;
}
