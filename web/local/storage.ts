/**
 * Values that this browser keeps in IndexedDB, by kind and id. Structured clone copies them (numbers, texts, typed
 * arrays, files). Works in the page and in its workers. Each function throws EdgeMlpError "file" if the browser refuses,
 * for instance because the disk is full.
 */
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';

/** Name of the kind in messages. */
const KINDS = {
  run: 'training run',
  checkpoint: 'checkpoint',
  table: 'table',
  learner: 'learner',
  correction: 'correction',
} as const;
type StoredKind = keyof typeof KINDS;

const DATABASE = 'edge-mlp';
const STORE = 'values';

/** Undefined for an unknown id. `Value` is the type that was put. */
export async function getValue<Value>(kind: StoredKind, id: string): Promise<Value | undefined> {
  return access(`read a ${KINDS[kind]}`, 'readonly', (store) => store.get([kind, id]));
}

/** Replaces an earlier value. Resolves when the value is on the disk. */
export async function putValue(kind: StoredKind, id: string, value: unknown): Promise<void> {
  await access(`keep a ${KINDS[kind]}`, 'readwrite', (store) => store.put(value, [kind, id]));
}

export async function deleteValue(kind: StoredKind, id: string): Promise<void> {
  await access(`delete a ${KINDS[kind]}`, 'readwrite', (store) => store.delete([kind, id]));
}

/** All values of a kind, by id. */
export async function listValues<Value>(kind: StoredKind): Promise<Value[]> {
  // Arrays sort after texts, so this is the end of all ids.
  const range = IDBKeyRange.bound([kind], [kind, []]);
  return access(`list each ${KINDS[kind]}`, 'readonly', (store) => store.getAll(range));
}

async function access<Value>(
  action: string,
  mode: IDBTransactionMode,
  request: (store: IDBObjectStore) => IDBRequest<Value>,
): Promise<Value> {
  try {
    const transaction = (await openDatabase()).transaction(STORE, mode, { durability: 'strict' });
    const result = request(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    return result.result;
  } catch (cause) {
    const message = `This browser could not ${action}: ${errorMessage(cause)}. Free disk space, or allow site data.`;
    throw new EdgeMlpError('file', message, { cause });
  }
}

let database: Promise<IDBDatabase> | undefined;

function openDatabase(): Promise<IDBDatabase> {
  database ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(request.result);
  }).then((opened) => {
    const close = () => {
      opened.close();
      database = undefined;
    };
    // A later version of the page may change the stores, and the browser may close the database.
    opened.onversionchange = opened.onclose = close;
    return opened;
  });
  database.catch(() => {
    database = undefined;
  });
  return database;
}
