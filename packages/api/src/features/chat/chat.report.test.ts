import { expect, test } from 'vitest';
import { day, hour, minute, second } from '../../kernel/duration.ts';
import { sweep } from '../../sweep.ts';
import {
  atOnce,
  createTestApi,
  expectAppError,
  tally,
  type Actor,
  type TestApi,
} from '../../testing/index.ts';
import { joinAs, openRoom } from './test/rooms.ts';

interface Scene {
  sara: Actor;
  reza: Actor;
  staff: Actor;
  conversationId: string;
}

/** Two who write to each other, and somebody of the staff. */
async function setScene(api: TestApi, messages = 12): Promise<Scene> {
  const [sara, reza] = await api.signUpFriends();
  const { id: conversationId } = await sara.api.chat.start({ userId: reza.id });
  for (let i = 1; i <= messages; i += 1) {
    await reza.say(conversationId, `message ${i}`);
  }
  const staff = await api.signUp({ role: 'staff' });
  return { sara, reza, staff, conversationId };
}

function report(
  api: TestApi,
  reporter: Actor,
  message: { conversationId: string; seq: number; id?: string; note?: string },
) {
  const { id = api.app.deps.newId(), ...rest } = message;
  return reporter.api.chat.report({ id, reason: 'abuse', ...rest });
}

test('a report shows staff the message with five on either side, as its maker saw them then', async () => {
  await using api = await createTestApi();
  const { sara, reza, staff, conversationId } = await setScene(api, 14);
  const live = await (await staff.listen()).ready();
  const others = await (await reza.listen()).ready();
  await sara.api.chat.delete({ conversationId, seqs: [5], for: 'me' });
  const id = api.app.deps.newId();
  const note = 'He does not stop.';
  await expect(report(api, sara, { conversationId, seq: 8, id, note })).resolves.toEqual({
    id,
    status: 'open',
  });
  await reza.api.chat.delete({ conversationId, seqs: [8], for: 'all' });
  const alert = await live.until(({ type }) => type === 'admin.alert');
  expect(alert).toMatchObject({
    body: { topic: 'chat.message-reported', subject: id, detail: 'abuse' },
  });
  const view = await staff.api.chat.getReport({ reportId: id });
  expect(view).toMatchObject({
    id,
    conversationId,
    seq: 8,
    reporter: { id: sara.id },
    sender: { id: reza.id },
    reason: 'abuse',
    note,
    status: 'open',
    handledBy: null,
  });
  const texts = view.snapshot.map(({ text }) => text);
  const around = [2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13];
  expect(texts).toEqual(around.map((n) => `message ${n}`));
  await reza.say(conversationId, 'last');
  await others.until((event) => event.type === 'chat.message' && event.body.text === 'last');
  expect(others.events.map(({ type }) => type)).not.toContain('admin.alert');
  live.stop();
  others.stop();
});

test('only what somebody sees and others have written can be reported', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await setScene(api, 3);
  const stranger = await api.signUp();
  const own = await sara.say(conversationId, 'mine');
  await sara.api.chat.delete({ conversationId, seqs: [1], for: 'me' });
  await reza.api.chat.delete({ conversationId, seqs: [2], for: 'all' });
  const room = await openRoom(api);
  const member = await joinAs(api, room, 'member');
  const cases = [
    [stranger, conversationId, 3, 'CHAT_NOT_FOUND'],
    [sara, api.app.deps.newId(), 3, 'CHAT_NOT_FOUND'],
    [sara, conversationId, own.seq, 'CHAT_REPORT_SELF'],
    [sara, conversationId, 1, 'CHAT_MESSAGE_NOT_FOUND'],
    [sara, conversationId, 2, 'CHAT_MESSAGE_NOT_FOUND'],
    [sara, conversationId, 99, 'CHAT_MESSAGE_NOT_FOUND'],
    [sara, conversationId, 2_147_483_647, 'CHAT_MESSAGE_NOT_FOUND'],
    [member, room.id, 1, 'CHAT_MESSAGE_NOT_FOUND'],
  ] as const;
  for (const [who, id, seq, code] of cases) {
    await expectAppError(report(api, who, { conversationId: id, seq }), code);
  }
  const { items } = await (
    await api.signUp({ role: 'staff' })
  ).api.chat.listReports({ status: 'open' });
  expect(items).toEqual([]);
});

test('a report is one under its id, and a person has one open report of a message', async () => {
  await using api = await createTestApi();
  const { sara, reza, staff, conversationId } = await setScene(api, 3);
  const message = { conversationId, seq: 2 };
  const id = api.app.deps.newId();
  const same = await atOnce(10, () => report(api, sara, { ...message, id }));
  expect(tally(same)).toEqual({ ok: 10 });
  const taken = await expectAppError(
    report(api, sara, { ...message, id, note: 'else' }),
    'CHAT_REPORT_ID_TAKEN',
  );
  expect(taken).toEqual({ id });
  await sara.say(conversationId, 'hers');
  await expectAppError(report(api, reza, { conversationId, seq: 4, id }), 'CHAT_REPORT_ID_TAKEN');
  const exists = await expectAppError(report(api, sara, message), 'CHAT_REPORT_EXISTS');
  expect(exists).toEqual({ reportId: id });
  const results = await atOnce(10, () => report(api, sara, { conversationId, seq: 3 }));
  expect(tally(results)).toEqual({ ok: 1, CHAT_REPORT_EXISTS: 9 });
  await staff.api.chat.handleReport({ reportId: id, status: 'dismissed' });
  await report(api, sara, message);
  await expect(report(api, sara, { ...message, id })).resolves.toEqual({ id, status: 'open' });
  const { items } = await staff.api.chat.listReports({});
  expect(items.map(({ seq }) => seq)).toEqual([3, 2]);
});

test('reports of a person within a day are counted, also when they come at once', async () => {
  await using api = await createTestApi({ chat: { reportsPerDay: 3 } });
  const { sara, reza, conversationId } = await setScene(api, 9);
  await report(api, sara, { conversationId, seq: 1 });
  api.clock.advance(hour);
  const results = await atOnce(6, (n) => report(api, sara, { conversationId, seq: n + 2 }));
  expect(tally(results)).toEqual({ ok: 2, RATE_LIMITED: 4 });
  const data = await expectAppError(report(api, sara, { conversationId, seq: 9 }), 'RATE_LIMITED');
  expect(data).toEqual({ retryAfterSeconds: (23 * hour) / second });
  const { seq } = await sara.say(conversationId, 'hers');
  await report(api, reza, { conversationId, seq });
  api.clock.advance(23 * hour);
  const again = api.anonymous();
  await again.signIn(sara.phone);
  await report(api, again, { conversationId, seq: 9 });
  await expectAppError(report(api, again, { conversationId, seq: 8 }), 'RATE_LIMITED');
});

test('staff see reports in pages, the oldest first, and of two who close one at once one does', async () => {
  await using api = await createTestApi();
  const { sara, staff, conversationId } = await setScene(api, 5);
  const second_ = await api.signUp({ role: 'staff' });
  const ids: string[] = [];
  for (let seq = 1; seq <= 3; seq += 1) {
    ids.push((await report(api, sara, { conversationId, seq })).id);
    api.clock.advance(second);
  }
  const page = await staff.api.chat.listReports({ limit: 2 });
  expect(page.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const rest = await staff.api.chat.listReports({ limit: 2, cursor: page.nextCursor });
  expect(rest.items.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(rest.nextCursor).toBeNull();
  const [reportId = ''] = ids;
  const results = await atOnce(8, (n) =>
    (n % 2 === 0 ? staff : second_).api.chat.handleReport({
      reportId,
      status: n % 2 === 0 ? 'acted' : 'dismissed',
      answer: `${n}`,
    }),
  );
  expect(tally(results)).toEqual({ ok: 1, CHAT_REPORT_NOT_FOUND: 7 });
  const closed = await staff.api.chat.getReport({ reportId });
  expect(closed.handledBy).toBe(closed.status === 'acted' ? staff.id : second_.id);
  const { items } = await staff.api.chat.listReports({ status: closed.status });
  expect(items).toEqual([closed]);
  const nowhere = { reportId: api.app.deps.newId() };
  await expectAppError(staff.api.chat.getReport(nowhere), 'CHAT_REPORT_NOT_FOUND');
  await expectAppError(
    staff.api.chat.handleReport({ ...nowhere, status: 'acted' }),
    'CHAT_REPORT_NOT_FOUND',
  );
});

test('staff delete a reported message for everybody, and that is written down without its words', async () => {
  await using api = await createTestApi();
  const { sara, reza, staff, conversationId } = await setScene(api, 3);
  const { id: reportId } = await report(api, sara, { conversationId, seq: 2 });
  const live = await (await reza.listen()).ready();
  const asked = { reportId, deleteMessage: true };
  await expectAppError(
    staff.api.chat.handleReport({ ...asked, status: 'dismissed' }),
    'INPUT_INVALID',
  );
  await staff.api.chat.handleReport({ ...asked, status: 'acted', answer: 'gone' });
  const deleted = await live.until(({ type }) => type === 'chat.deleted');
  live.stop();
  const { items } = await sara.api.chat.getMessages({ conversationId, seqs: [2] });
  expect(deleted).toMatchObject({ streamId: conversationId, body: items[0] });
  expect(items).toMatchObject([{ seq: 2, text: '', deletedAt: expect.any(String) as string }]);
  const { snapshot } = await staff.api.chat.getReport({ reportId });
  expect(snapshot.map(({ text }) => text)).toEqual(['message 1', 'message 2', 'message 3']);

  const admin = await api.signUp({ role: 'admin' });
  const { items: acts } = await admin.api.admin.listEvents({ userId: staff.id });
  expect(acts[0]).toMatchObject({
    type: 'report-handled',
    isByStaff: true,
    userId: null,
    actorId: staff.id,
    detail: { reportId, status: 'acted', isDeleted: 'true' },
  });
  expect(JSON.stringify(acts)).not.toContain('message 2');
  for (const person of [sara, reza]) {
    const own = await person.api.session.listEvents({});
    expect(own.items.map(({ type }) => type)).not.toContain('report-handled');
  }
  // One that its sender has deleted meanwhile stays as it is.
  const { id: late } = await report(api, sara, { conversationId, seq: 3 });
  await reza.api.chat.delete({ conversationId, seqs: [3], for: 'all' });
  const before = await sara.api.chat.getMessages({ conversationId, seqs: [3] });
  await staff.api.chat.handleReport({ reportId: late, status: 'acted', deleteMessage: true });
  await expect(sara.api.chat.getMessages({ conversationId, seqs: [3] })).resolves.toEqual(before);
});

test('a report from a conversation that was removed is closed, and nothing follows the end of its line', async () => {
  await using api = await createTestApi();
  const staff = await api.signUp({ role: 'staff' });
  const room = await openRoom(api);
  const { id: conversationId, owner } = room;
  const sara = await joinAs(api, room, 'member');
  const { seq } = await owner.say(conversationId, 'word');
  const { id: reportId } = await report(api, sara, { conversationId, seq });
  const live = await (await sara.listen()).ready();
  await owner.api.chat.remove({ conversationId });
  const asked = { reportId, status: 'acted', deleteMessage: true } as const;
  await expect(staff.api.chat.handleReport(asked)).resolves.toMatchObject({ status: 'acted' });
  await sara.api.user.update({});
  await live.until(({ type }) => type === 'user.updated');
  live.stop();
  const ofRoom = live.stored.filter(({ streamId }) => streamId === conversationId);
  expect(ofRoom.at(-1)).toMatchObject({ type: 'chat.ended' });
});

test('CH7: staff read a conversation that they are not in, for a reason that is written down', async () => {
  await using api = await createTestApi();
  const { sara, reza, staff, conversationId } = await setScene(api, 5);
  await sara.api.chat.delete({ conversationId, seqs: [4], for: 'me' });
  await reza.api.chat.delete({ conversationId, seqs: [2], for: 'all' });
  await expectAppError(staff.api.chat.get({ conversationId }), 'CHAT_NOT_FOUND');
  const reason = 'a report of fraud';
  const page = await staff.api.chat.inspect({ conversationId, reason, limit: 3 });
  expect(page.items.map(({ text }) => text)).toEqual(['message 5', 'message 4', 'message 3']);
  expect(page.people.map(({ id }) => id)).toEqual([reza.id]);
  const { nextCursor: cursor } = page;
  const rest = await staff.api.chat.inspect({ conversationId, reason, limit: 3, cursor });
  expect(rest.items.map(({ seq, text }) => [seq, text])).toEqual([
    [2, ''],
    [1, 'message 1'],
  ]);
  expect(rest.nextCursor).toBeNull();
  const unknown = { conversationId: api.app.deps.newId(), reason };
  await expectAppError(staff.api.chat.inspect(unknown), 'CHAT_NOT_FOUND');
  await expectAppError(sara.api.chat.inspect({ conversationId, reason }), 'STAFF_ONLY');
  const admin = await api.signUp({ role: 'admin' });
  const { items } = await admin.api.admin.listEvents({ userId: staff.id });
  const read = items.filter(({ type }) => type === 'conversation-inspected');
  expect(read.map(({ actorId, detail }) => [actorId, detail])).toEqual([
    [staff.id, { conversationId, reason }],
    [staff.id, { conversationId, reason }],
  ]);
  const others = await admin.api.admin.listEvents({ userId: sara.id });
  expect(others.items.map(({ type }) => type)).not.toContain('conversation-inspected');
});

test('a closed account stays in its conversations, and gets nothing', async () => {
  await using api = await createTestApi();
  const { sara, reza, staff, conversationId } = await setScene(api, 1);
  const room = await openRoom(api, 'group', { owner: reza, isPublic: true });
  await sara.api.chat.join({ conversationId: room.id });
  const live = await (await sara.listen()).ready();
  await staff.api.admin.deactivateUser({ userId: sara.id, reason: 'fraud' });
  await expect.poll(() => live.closeCode ?? live.error).not.toBeNull();
  await reza.say(room.id, 'after that');
  await reza.say(conversationId, 'after that');
  await expect(sara.api.chat.list({})).rejects.toMatchObject({ name: 'AppError' });
  await expect(sara.api.chat.join({ conversationId: room.id })).rejects.toMatchObject({
    name: 'AppError',
  });
  await expect(sara.say(room.id, 'me')).rejects.toMatchObject({ name: 'AppError' });
  expect(JSON.stringify(live.events)).not.toContain('after that');
  live.stop();
  const { items } = await reza.api.chat.listMembers({ conversationId: room.id });
  expect(items.map(({ user }) => user.id)).toContain(sara.id);
  await staff.api.admin.reactivateUser({ userId: sara.id });
  const back = api.anonymous();
  api.clock.advance(10 * minute);
  await back.signIn(sara.phone);
  await expect(back.api.chat.get({ conversationId: room.id })).resolves.toMatchObject({
    lastMessage: { text: 'after that' },
  });
});

test('handled reports are kept as long as the log, and open ones until they are handled', async () => {
  await using api = await createTestApi();
  const { sara, staff, conversationId } = await setScene(api, 2);
  const [old, open] = [
    await report(api, sara, { conversationId, seq: 1 }),
    await report(api, sara, { conversationId, seq: 2 }),
  ];
  api.clock.advance(4 * minute);
  await staff.api.chat.handleReport({ reportId: old.id, status: 'acted' });
  const { auditDays } = api.app.config.account;
  api.clock.advance(auditDays * day);
  await expect(sweep(api.app)).resolves.toMatchObject({ reports: 0 });
  api.clock.advance(second);
  await expect(sweep(api.app)).resolves.toMatchObject({ reports: 1 });
  const left = await api.app.db.selectFrom('message_reports').select('id').execute();
  expect(left).toEqual([{ id: open.id }]);
});

test('who is erased leaves their reports without what they wrote to the staff', async () => {
  await using api = await createTestApi();
  const { sara, reza, conversationId } = await setScene(api, 2);
  const { id } = await report(api, sara, { conversationId, seq: 1, note: 'He knows me.' });
  await report(api, reza, {
    conversationId,
    seq: (await sara.say(conversationId, 'hers')).seq,
    note: 'She began.',
  });
  await sara.api.account.remove();
  api.clock.advance(api.app.config.account.eraseAfterDays * day);
  await expect(sweep(api.app)).resolves.toMatchObject({ people: 1, reports: 0 });
  const staff = await api.signUp({ role: 'staff' });
  const { items } = await staff.api.chat.listReports({});
  expect(new Set(items.map(({ note }) => note))).toEqual(new Set(['She began.', null]));
  await expect(staff.api.chat.getReport({ reportId: id })).resolves.toMatchObject({
    reporter: { id: sara.id, firstName: null, lastName: null },
    note: null,
    snapshot: [{ text: 'message 1' }, { text: 'message 2' }],
  });
});
