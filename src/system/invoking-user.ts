import {getegid, geteuid, getgroups, setegid, seteuid, setgroups} from 'node:process';

type Ids = {readonly uid: number; readonly gid: number};

/** Who called sudo; `null` for root itself and for ordinary users, who have no rights to lay down. */
const invokingUser = (): Ids | null => {
  const [uid, gid] = [process.env['SUDO_UID'], process.env['SUDO_GID']].map((text) => (text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null));
  return geteuid?.() === 0 && typeof uid === 'number' && typeof gid === 'number' ? {uid, gid} : null;
};

/** @types/node leaves it out. */
const {initgroups} = process as {readonly initgroups?: (user: number, group: number) => void};

/**
 * With the rights of who called sudo, and nobody else's, for as long as the synchronous `act` takes. Not for a long
 * time: the system calls of other threads lose root's rights as well.
 */
export const asInvokingUser = <Result>(act: () => Result): Result => {
  const user = invokingUser();
  if (user === null || seteuid === undefined || setegid === undefined || setgroups === undefined || initgroups === undefined) return act();
  const [gid, groups] = [getegid?.() ?? 0, getgroups?.() ?? []];
  try {
    initgroups(user.uid, user.gid);
    setegid(user.gid);
    seteuid(user.uid);
    return act();
  } finally {
    seteuid(0);
    setegid(gid);
    setgroups(groups);
  }
};
