import { AppError } from '../../errors.ts';
import type { Most, Refusal } from './organization.rules.ts';

/** The error by which a caller learns of a refusal. */
export function refusalError(reason: Refusal, most: Most): AppError {
  switch (reason) {
    case 'not-found':
      return new AppError('ORGANIZATION_NOT_FOUND');
    case 'right-missing':
      return new AppError('ORGANIZATION_RIGHT_MISSING');
    case 'member-not-found':
      return new AppError('ORGANIZATION_MEMBER_NOT_FOUND');
    case 'rank':
      return new AppError('ORGANIZATION_RANK');
    case 'owner-stays':
      return new AppError('ORGANIZATION_OWNER_STAYS');
    case 'owner-has-one':
      return new AppError('ORGANIZATION_OWNER_HAS_ONE');
    case 'full':
      return new AppError('ORGANIZATION_FULL', { data: { most: most.members } });
    case 'too-many':
      return new AppError('ORGANIZATION_TOO_MANY', { data: { most: most.perUser } });
  }
}

/** Goes on with whatever a rule has decided but a refusal. @throws AppError saying why not */
export function orRefuse<Decision extends { do: string }>(
  decision: Decision | { do: 'refuse'; reason: Refusal },
  most: Most,
): Exclude<Decision, { do: 'refuse' }> {
  if (isRefused(decision)) {
    throw refusalError(decision.reason, most);
  }
  return decision as Exclude<Decision, { do: 'refuse' }>;
}

function isRefused(decision: { do: string }): decision is { do: 'refuse'; reason: Refusal } {
  return decision.do === 'refuse';
}
