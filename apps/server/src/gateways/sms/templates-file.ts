import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from '../../env.ts';
import { smsProviderNames } from '../../env-sms-fields.ts';

/** Those of the providers that have templates of their own. */
const providerName = z.enum(smsProviderNames).exclude(['console', 'webhook']);

const templateName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9._-]{0,39}$/,
    'a name has 1 to 40 letters, digits, dots, dashes and underscores, a letter first',
  );

const variable = /\{[a-zA-Z][a-zA-Z0-9]*\}/g;

const words = z
  .string()
  .min(1)
  .refine((text) => !/[{}]/.test(text.replaceAll(variable, '')), 'has a brace of no variable');

const version = z.strictObject({
  template: z.string().min(1).max(200),
  slots: z.array(
    z.strictObject({ variable: z.string().min(1).max(100), name: z.string().min(1).max(100) }),
  ),
});

const entry = z.strictObject({
  texts: z.strictObject({ fa: words, en: words }).exactOptional(),
  providers: z
    .partialRecord(
      providerName,
      z.strictObject({ fa: version.exactOptional(), en: version.exactOptional() }),
    )
    .exactOptional(),
});

const file = z.record(templateName, entry);

/** By the template's name: its words, and its approved versions at providers. */
export type TemplatesFile = z.infer<typeof file>;

/**
 * Reads the operator's templates.
 *
 * @param path a file of JSON; null for none
 * @throws ConfigError naming the entry that is not right
 */
export async function readTemplatesFile(path: string | null): Promise<TemplatesFile> {
  if (path === null) {
    return {};
  }
  const parsed = file.safeParse(readJson(await readText(path)));
  if (!parsed.success) {
    throw faulty(parsed.error.issues.map(describe));
  }
  return parsed.data;
}

/** Where the fault is, and what it is. */
function describe(issue: z.core.$ZodIssue): string {
  const [inner = issue] = issue.code === 'invalid_key' ? issue.issues : [];
  return [...issue.path.map(String), inner.message].join(': ');
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw faulty([`cannot be read (${code})`]);
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw faulty(['is not JSON']);
  }
}

/** One error for everything that is wrong in the file. */
export function faulty(faults: readonly string[]): ConfigError {
  return new ConfigError(`SMS_TEMPLATES_FILE: ${faults.join('; ')}`);
}

/** The characters of a template's words when every variable has so many. */
export function lengthOf(text: string, valueLength: number): number {
  return Array.from(text.replaceAll(variable, '0'.repeat(valueLength))).length;
}
