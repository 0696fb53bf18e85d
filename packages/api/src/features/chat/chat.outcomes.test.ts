import { expect, test } from 'vitest';
import { defaultConfig } from '../../config.ts';
import { limitNames, procedureList } from '../../router.ts';
import { createTestApi, type Actor, type TestApi } from '../../testing/index.ts';
import { bringIn, openRoom } from './test/rooms.ts';
import {
  friendOf,
  inputs,
  answerOf,
  readOutcomes,
  type Kind,
  type Scene,
} from './test/outcomes.ts';

const paths = procedureList.map(({ path }) => path).filter((path) => path.startsWith('chat.'));
const group = readOutcomes('In a group');
const direct = readOutcomes('In a conversation of two');

test('every procedure of conversations stands in both tables, and nothing else does', () => {
  for (const table of [Object.keys(inputs), [...group.rows.keys()], [...direct.rows.keys()]]) {
    expect(table.toSorted()).toEqual(paths.toSorted());
  }
});

/** Everybody calls everything many times. */
const many = 1_000_000;
const unlimited = {
  smsBudget: { ...defaultConfig.smsBudget, perMinute: many, perCountryPerHour: many, perDay: many },
  limits: {
    ...defaultConfig.limits,
    overrides: new Map(limitNames.map((name) => [name, { most: many, seconds: 1 }])),
  },
};

/** They change what somebody is, who is somebody else each time. */
const changing = new Set(
  ['kick', 'ban', 'unban', 'mute', 'setRights', 'passOwnership', 'leave'].map(
    (name) => `chat.${name}`,
  ),
);

/** To them what is there is like what is not. */
const outsiders = new Set(['stranger', 'former', 'banned', 'staff']);

const roles = ['reader', 'member', 'moderator', 'admin'] as const;

interface Cast {
  owner: Actor;
  people: Map<Kind, Actor>;
}

/** People whose places in a group are the same again and again. */
async function castGroup(api: TestApi): Promise<Cast> {
  const owner = await api.signUp();
  const people = new Map<Kind, Actor>([['owner', owner]]);
  for (const kind of ['former', 'banned', ...roles]) {
    people.set(kind, await friendOf(api, [owner]));
  }
  people.set('stranger', await api.signUp());
  people.set('staff', await api.signUp({ role: 'staff' }));
  return { owner, people };
}

/** A group in which everybody of the cast is what they are called. */
async function setGroup(
  api: TestApi,
  { owner, people }: Cast,
): Promise<Omit<Scene, 'caller' | 'own' | 'target' | 'addable'>> {
  const { id: conversationId } = await openRoom(api, 'group', { owner });
  const inside = ['former', 'banned', ...roles].flatMap((kind) => people.get(kind) ?? []);
  await bringIn(owner, conversationId, inside);
  for (const role of roles) {
    const userId = people.get(role)?.id ?? '';
    await owner.api.chat.setRights({ conversationId, userId, role });
  }
  const { seq } = await owner.say(conversationId, 'word');
  await owner.api.chat.kick({ conversationId, userId: people.get('former')?.id ?? '' });
  await owner.api.chat.ban({ conversationId, userId: people.get('banned')?.id ?? '' });
  const inviteId = api.app.deps.newId();
  const { token: inviteToken } = await owner.api.chat.createInvite({
    conversationId,
    id: inviteId,
  });
  const reportId = await report(api, people.get('reader') ?? owner, conversationId, seq);
  return { api, conversationId, seq, inviteId, inviteToken, reportId };
}

async function report(
  api: TestApi,
  reporter: Actor,
  conversationId: string,
  seq: number,
): Promise<string> {
  const id = api.app.deps.newId();
  await reporter.api.chat.report({ id, conversationId, seq, reason: 'spam' });
  return id;
}

/** What a procedure needs beside the scene, made by the owner. */
async function prepare(
  path: string,
  owner: Actor,
  { conversationId, target, seq }: Scene,
): Promise<void> {
  if (path === 'chat.unban') {
    await owner.api.chat.ban({ conversationId, userId: target.id });
  } else if (path === 'chat.unpinMessage') {
    await owner.api.chat.pinMessage({ conversationId, seq, for: 'all' });
  }
}

test(
  'in a group every procedure answers everybody as the table says',
  { timeout: 180_000 },
  async () => {
    await using api = await createTestApi({
      config: unlimited,
      chat: { conversationsPerPerson: many, reportsPerDay: many },
    });
    const cast = await castGroup(api);
    const spare = await friendOf(api, [cast.owner]);
    const found = new Map<string, string[]>();
    for (const path of paths) {
      const cells: string[] = [];
      const set = await setGroup(api, cast);
      for (const kind of group.kinds) {
        const caller = cast.people.get(kind) ?? cast.owner;
        const target = changing.has(path) ? await friendOf(api, [cast.owner]) : spare;
        const { conversationId } = set;
        await cast.owner.api.chat.addMembers({ conversationId, userIds: [target.id] });
        await cast.owner.api.chat.setRights({ conversationId, userId: target.id, role: 'reader' });
        const canWrite = ['member', 'moderator', 'admin', 'owner'].includes(kind);
        const own = canWrite ? (await caller.say(set.conversationId, 'mine')).seq : null;
        const { seq } = await cast.owner.say(set.conversationId, 'word');
        const addable = path === 'chat.addMembers' ? await friendOf(api, [caller]) : spare;
        const scene = { ...set, seq, own, caller, target, addable };
        await prepare(path, cast.owner, scene);
        const answer = await answerOf(caller, path, inputs[path]?.(scene) ?? {});
        cells.push(answer.outcome);
        if (outsiders.has(kind) && answer.outcome !== 'ok') {
          const elsewhere = { ...scene, conversationId: api.app.deps.newId() };
          const missing = await answerOf(caller, path, inputs[path]?.(elsewhere) ?? {});
          expect(missing).toEqual(answer);
        }
        if (path === 'chat.setStatus') {
          await cast.owner.api.chat.setStatus({
            conversationId: set.conversationId,
            status: 'open',
          });
        }
      }
      found.set(path, cells);
    }
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(group.rows));
  },
);

interface Letters {
  /** Of the caller. */
  own: number;
  seq: number;
  reportId: string;
}

/** A conversation of two, with letters for every procedure, before the one becomes to the other what they are. */
async function setDirect(api: TestApi, owner: Actor, kind: Kind) {
  const peer = await friendOf(api, [owner]);
  const { id: conversationId } = await owner.api.chat.start({ userId: peer.id });
  const letters = new Map<string, Letters>();
  for (const path of paths) {
    const { seq: own } = await peer.say(conversationId, 'mine');
    const { seq: reported } = await owner.say(conversationId, 'word');
    const { seq } = await owner.say(conversationId, 'word');
    letters.set(path, { own, seq, reportId: await report(api, peer, conversationId, reported) });
  }
  if (kind === 'friend no more') {
    await owner.api.friend.remove({ userId: peer.id });
  } else if (kind === 'blocked') {
    await owner.api.friend.block({ userId: peer.id });
  } else if (kind === 'blocker') {
    await peer.api.friend.block({ userId: owner.id });
  }
  return { peer, conversationId, letters };
}

test(
  'in a conversation of two every procedure answers everybody as the table says',
  { timeout: 180_000 },
  async () => {
    await using api = await createTestApi({ config: unlimited, chat: { reportsPerDay: many } });
    const owner = await api.signUp();
    const stranger = await api.signUp();
    const staff = await api.signUp({ role: 'staff' });
    const found = new Map(paths.map((path) => [path, [] as string[]]));
    for (const kind of direct.kinds) {
      const { peer, conversationId, letters } = await setDirect(api, owner, kind);
      const caller = { stranger, staff }[kind] ?? peer;
      for (const [path, { own, seq, reportId }] of letters) {
        const scene: Scene = {
          api,
          conversationId,
          seq,
          own,
          caller,
          target: owner,
          addable: owner,
          inviteId: conversationId,
          inviteToken: 'x'.repeat(43),
          reportId,
        };
        const { outcome } = await answerOf(caller, path, inputs[path]?.(scene) ?? {});
        found.get(path)?.push(outcome);
      }
    }
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(direct.rows));
  },
);
