import { readFileSync } from 'node:fs';
import {
  capabilitiesOfRole,
  chatCapabilities,
  chatRoles,
  type ChatCapability,
  type ChatRole,
} from '@chapar/contract';
import { describe, expect, test } from 'vitest';
import {
  decideDelete,
  decideEdit,
  decideOver,
  decideOwn,
  decideSend,
  directKeyOf,
  isSameMessage,
  type SendState,
} from './chat.rules.ts';
import { decideRights } from './chat.rights.rules.ts';

const page = readFileSync(new URL('../../../../../docs/chat-rights.md', import.meta.url), 'utf8');

/** Rows of the page's table that begins with a heading cell. */
function tableOf(heading: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => {
    const cells = line.split('|').slice(1, -1);
    return cells.map((cell) => cell.trim().replaceAll('`', ''));
  });
}

const now = new Date('2026-11-22T12:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);

describe('the committed table of rights', () => {
  const rows = tableOf('capability');

  test('names every capability once, and every level from 0 to 12', () => {
    const names = rows.flatMap(([name = '']) => (name === '(none)' ? [] : [name]));
    expect(names.toSorted()).toEqual([...chatCapabilities].toSorted());
    const levels = rows.map(([, , level]) => level).filter((level) => level !== '–');
    expect(levels.map(Number).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 13 }, (_, level) => level),
    );
  });

  test.for(rows)('%s', ([name, , , ...cells]) => {
    const has = chatRoles.map((role) =>
      name === '(none)' || decideOwn({ role, grants: [] }, name as ChatCapability).do === 'act'
        ? 'yes'
        : '–',
    );
    expect(has).toEqual(cells);
  });

  test('a role has all that the one below it has', () => {
    for (const [index, role] of chatRoles.entries()) {
      const below = chatRoles[index - 1];
      expect(capabilitiesOfRole[role]).toEqual(
        expect.arrayContaining([...(below ? capabilitiesOfRole[below] : [])]),
      );
    }
  });

  test.for(tableOf(String.raw`does \ to`))('%s acts on', ([role, ...cells]) => {
    for (const capability of ['kickMember', 'banMember', 'muteMember'] as const) {
      const may = chatRoles.map((target) => {
        const actor = { role: role as ChatRole, grants: [] };
        return decideOver(actor, { role: target, isSelf: false }, capability).do === 'act'
          ? 'yes'
          : '–';
      });
      expect(may).toEqual(cells);
    }
  });
});

describe('who acts on a member', () => {
  const owner = { role: 'owner', grants: [] } as const;

  test('nobody acts on themselves', () => {
    expect(decideOver(owner, { role: 'member', isSelf: true }, 'kickMember')).toEqual({
      do: 'refuse',
      reason: 'rank',
    });
  });

  test('a capability that was given is as good as one of the role, and lifts nobody above their equals', () => {
    const helper = { role: 'member', grants: ['kickMember', 'kickAdmin'] } as const;
    const over = (role: ChatRole) => decideOver(helper, { role, isSelf: false }, 'kickMember');
    expect(over('reader')).toEqual({ do: 'act' });
    expect(over('member')).toEqual({ do: 'refuse', reason: 'rank' });
    expect(over('admin')).toEqual({ do: 'refuse', reason: 'rank' });
    expect(decideOver(helper, { role: 'reader', isSelf: false }, 'banMember')).toEqual({
      do: 'refuse',
      reason: 'right-missing',
      capability: 'banMember',
    });
  });
});

describe('who gives and takes rights', () => {
  const plain = (role: ChatRole) => ({ role, grants: [] as ChatCapability[] });
  const member = (role: ChatRole, grants: ChatCapability[] = [], isSelf = false) => {
    return { role, grants, isSelf };
  };
  const rank = { do: 'refuse', reason: 'rank' };
  const lacks = (capability: ChatCapability) => {
    return { do: 'refuse', reason: 'right-missing', capability };
  };

  test.for([
    ['an owner makes an admin', plain('owner'), member('member'), { role: 'admin' }, { do: 'act' }],
    [
      'an admin makes a moderator',
      plain('admin'),
      member('reader'),
      { role: 'moderator' },
      { do: 'act' },
    ],
    ['an admin makes no admin', plain('admin'), member('member'), { role: 'admin' }, rank],
    ['an admin lowers no admin', plain('admin'), member('admin'), { role: 'member' }, rank],
    [
      'an owner lowers an admin',
      plain('owner'),
      member('admin'),
      { role: 'reader' },
      { do: 'act' },
    ],
    [
      'nobody lifts themselves',
      plain('admin'),
      member('admin', [], true),
      { role: 'moderator' },
      rank,
    ],
    [
      'nobody gives themselves a right',
      plain('admin'),
      member('admin', [], true),
      { grants: ['deleteRoom'] },
      rank,
    ],
    [
      'a moderator gives nothing',
      plain('moderator'),
      member('member'),
      { role: 'reader' },
      lacks('revokeRights'),
    ],
    ['nor changes nothing', plain('moderator'), member('member'), {}, lacks('grantRights')],
    [
      'nobody gives what they lack',
      plain('admin'),
      member('member'),
      { grants: ['deleteRoom'] },
      lacks('deleteRoom'),
    ],
    [
      'an owner gives one right',
      plain('owner'),
      member('member'),
      { grants: ['renameRoom'] },
      { do: 'act' },
    ],
    [
      'who was given the right to give gives what they have',
      { role: 'moderator', grants: ['grantRights'] },
      member('member'),
      { grants: ['kickMember'] },
      { do: 'act' },
    ],
    [
      'and takes nothing',
      { role: 'moderator', grants: ['grantRights'] },
      member('member', ['kickMember']),
      { grants: [] },
      lacks('revokeRights'),
    ],
    [
      'who was given the right to take takes what they lack',
      { role: 'moderator', grants: ['revokeRights'] },
      member('member', ['deleteRoom']),
      { grants: [] },
      { do: 'act' },
    ],
  ] as const)('%s', ([, actor, target, change, expected]) => {
    expect(decideRights(actor, target, change)).toEqual(expected);
  });
});

describe('who may write', () => {
  const group: Extract<SendState, { isMember: true }> = {
    isMember: true,
    kind: 'group',
    status: 'open',
    areFriends: false,
    role: 'member',
    mutedUntil: null,
    sentAt: null,
    slowSeconds: 0,
  };
  const direct = { ...group, kind: 'direct', areFriends: true } as const;

  test.for([
    ['a stranger', { isMember: false }, 'not-found'],
    ['a friend', direct, 'send'],
    ['somebody who is no friend any more', { ...direct, areFriends: false }, 'not-friends'],
    ['a member', group, 'send'],
    ['a reader', { ...group, role: 'reader' }, 'read-only'],
    ['an owner on hold', { ...group, role: 'owner', status: 'hold' }, 'not-open'],
    ['an owner of a closed one', { ...group, role: 'owner', status: 'closed' }, 'not-open'],
    ['a muted member', { ...group, mutedUntil: ago(-1) }, 'muted'],
    ['one whose time is over', { ...group, mutedUntil: now }, 'send'],
    ['the first of slow mode', { ...group, slowSeconds: 30 }, 'send'],
    ['too early in slow mode', { ...group, slowSeconds: 30, sentAt: ago(29) }, 'slow'],
    ['in time in slow mode', { ...group, slowSeconds: 30, sentAt: ago(30) }, 'send'],
    [
      'a moderator in slow mode',
      { ...group, role: 'moderator', slowSeconds: 30, sentAt: now },
      'send',
    ],
    ['a reader of a channel', { ...group, kind: 'channel', role: 'reader' }, 'read-only'],
    ['the owner of a channel', { ...group, kind: 'channel', role: 'owner' }, 'send'],
  ] as const)('%s: %j', ([, state, expected]) => {
    const decision = decideSend(state, now);
    expect(decision.do === 'refuse' ? decision.reason : decision.do).toBe(expected);
  });

  test('slow mode says how long to wait', () => {
    const decision = decideSend({ ...group, slowSeconds: 30, sentAt: ago(12.5) }, now);
    expect(decision).toEqual({ do: 'refuse', reason: 'slow', retryAfterSeconds: 18 });
  });
});

test('a repeat is the same sender, conversation, text, answer and source', () => {
  const sent = { senderId: 's', conversationId: 'c', text: 't', replyToSeq: null, source: null };
  const stored = { ...sent, isChanged: false };
  expect(isSameMessage(stored, sent)).toBe(true);
  const others = [
    { senderId: 'x' },
    { conversationId: 'x' },
    { text: 'x' },
    { replyToSeq: 1 },
    { source: 'c/1' },
  ];
  expect(others.map((other) => isSameMessage(stored, { ...sent, ...other }))).toEqual(
    others.map(() => false),
  );
  const changed = { ...stored, text: 'edited', isChanged: true };
  expect(isSameMessage(changed, sent)).toBe(true);
  expect(isSameMessage(changed, { ...sent, senderId: 'x' })).toBe(false);
});

test('two people have one key in either direction', () => {
  expect(directKeyOf('b', 'a')).toBe(directKeyOf('a', 'b'));
});

describe('who may change a message', () => {
  const message = { senderId: 'me', createdAt: ago(60), isDeleted: false, isNote: false };
  const mine = { message, userId: 'me', windowSeconds: 60 };

  test.for([
    ['its sender', mine, 'change', 'change', 'change'],
    ['its sender, late', { ...mine, windowSeconds: 59 }, 'too-late', 'too-late', 'change'],
    ['somebody else', { ...mine, userId: 'you' }, 'not-sender', 'not-sender', 'change'],
    ['a missing one', { ...mine, message: null }, 'not-found', 'not-found', 'not-found'],
    [
      'a deleted one',
      { ...mine, message: { ...message, isDeleted: true } },
      'not-found',
      'nothing',
      'nothing',
    ],
    [
      'a note',
      { ...mine, message: { ...message, isNote: true } },
      'not-found',
      'not-found',
      'not-found',
    ],
  ] as const)('%s', ([, state, edit, own, others]) => {
    const decisions = [
      decideEdit(state, now),
      decideDelete(state, false, now),
      decideDelete(state, true, now),
    ];
    expect(decisions.map((one) => (one.do === 'refuse' ? one.reason : one.do))).toEqual([
      edit,
      own,
      others,
    ]);
  });
});
