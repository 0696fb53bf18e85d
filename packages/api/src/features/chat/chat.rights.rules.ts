import {
  capabilitiesOfRole,
  hasCapability,
  type ChatCapability,
  type ChatRole,
} from '@chapar/contract';
import { act, missing, rankOf, tooHigh, type Holder, type RightDecision } from './chat.rules.ts';

/** What is to be different of a member. Grants are all that they are to have beside the role. */
export interface RightsChange {
  role?: ChatRole | undefined;
  grants?: readonly ChatCapability[] | undefined;
}

/** What a change does: it can do both. */
function directionOf(target: Holder, role: ChatRole, grants: readonly ChatCapability[]) {
  const given = grants.filter((capability) => !target.grants.includes(capability));
  const taken = target.grants.filter((capability) => !grants.includes(capability));
  return {
    given,
    raises: rankOf(role) > rankOf(target.role) || given.length > 0,
    lowers: rankOf(role) < rankOf(target.role) || taken.length > 0,
  };
}

/**
 * Decides whether somebody gives or takes rights at all. It comes before any look at whose rights: the answer
 * to who does neither says nothing of who is in.
 */
export function decideAnyRights(actor: Holder): RightDecision {
  return hasCapability(actor, 'revokeRights') || hasCapability(actor, 'grantRights')
    ? act
    : missing('grantRights');
}

/**
 * Decides whether somebody may give or take rights: only such as they have themselves, to those below them,
 * and never up to their own rank. To raise and to lower are two rights.
 */
export function decideRights(
  actor: Holder,
  target: Holder & { isSelf: boolean },
  change: RightsChange,
): RightDecision {
  const { role = target.role, grants = target.grants } = change;
  const { given, raises, lowers } = directionOf(target, role, grants);
  if ((raises || !lowers) && !hasCapability(actor, 'grantRights')) {
    return missing('grantRights');
  }
  if (lowers && !hasCapability(actor, 'revokeRights')) {
    return missing('revokeRights');
  }
  const isBelow = rankOf(target.role) < rankOf(actor.role) && rankOf(role) < rankOf(actor.role);
  if (target.isSelf || !isBelow) {
    return tooHigh;
  }
  const lacked = [...capabilitiesOfRole[role], ...given].find(
    (capability) => !hasCapability(actor, capability),
  );
  return lacked === undefined || !raises ? act : missing(lacked);
}
