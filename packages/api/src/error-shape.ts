import {
  appErrors,
  fieldErrors,
  isFieldErrorReason,
  type AppErrorCode,
  type AppErrorData,
  type FieldErrorReason,
  type Language,
} from '@chapar/contract';
import type { TRPCError } from '@trpc/server';
import { ZodError, type core } from 'zod';
import { AppError } from './errors.ts';

/** What the client may know of an error. */
export interface PublicError {
  appCode: AppErrorCode;
  message: string;
  data: unknown;
}

/** The public side of an error. Whatever is not of the contract says nothing of itself. */
export function toPublicError(error: TRPCError, language: Language): PublicError {
  const { appCode, data } = describe(error);
  return {
    appCode,
    message: appErrors[appCode][language],
    data: appCode === 'INPUT_INVALID' ? translate(data, language) : data,
  };
}

type Issues = AppErrorData<'INPUT_INVALID'>;

function describe(error: TRPCError): { appCode: AppErrorCode; data: unknown } {
  if (error instanceof AppError) {
    return error;
  }
  if (error.cause instanceof ZodError && error.code === 'BAD_REQUEST') {
    return { appCode: 'INPUT_INVALID', data: { issues: issuesOf(error.cause) } satisfies Issues };
  }
  return { appCode: unnamed[error.code] ?? 'INTERNAL', data: undefined };
}

/** What is wrong with each field: the first complaint, for the next may only follow from it. */
function issuesOf(error: ZodError): NonNullable<Issues>['issues'] {
  const issues = error.issues.map((issue) => ({
    path: [...issue.path, ...namesIn(issue)].map(String).join('.'),
    reason: reasonOf(issue),
    message: issue.message,
  }));
  return issues.filter(({ path }, i) => issues.findIndex((other) => other.path === path) === i);
}

/** Unknown fields are named by the issue of the object that they are in: the first one will do. */
function namesIn(issue: core.$ZodIssue): string[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
}

/** The reason that a schema gave, or what zod's own checks amount to. */
function reasonOf(issue: core.$ZodIssue): FieldErrorReason {
  if (isFieldErrorReason(issue.message)) {
    return issue.message;
  }
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined') ? 'required' : 'invalid';
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return issue.origin === 'string' ? 'too-long' : 'too-large';
    case 'invalid_value':
      return 'not-offered';
    case 'unrecognized_keys':
      return 'unknown-field';
    default:
      return 'invalid';
  }
}

function tooSmall({ origin, minimum }: core.$ZodIssueTooSmall): FieldErrorReason {
  if (origin !== 'string') {
    return 'too-small';
  }
  return minimum === 1 ? 'required' : 'too-short';
}

function translate(data: unknown, language: Language): unknown {
  const { issues } = (data ?? { issues: [] }) as NonNullable<Issues>;
  return {
    issues: issues.map(({ path, reason, message }) => ({
      path,
      reason,
      message: isFieldErrorReason(reason) ? fieldErrors[reason][language] : message,
    })),
  };
}

const unnamed: Partial<Record<TRPCError['code'], AppErrorCode>> = {
  NOT_FOUND: 'PROCEDURE_NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'PROCEDURE_NOT_FOUND',
  BAD_REQUEST: 'INPUT_INVALID',
  PARSE_ERROR: 'INPUT_INVALID',
  UNSUPPORTED_MEDIA_TYPE: 'INPUT_INVALID',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
};
