/** Configuration files as a whole, and what stands deeper in them than a section. Written by hand. */
import { documentAround, type Fields, type ObjectPlace } from '../definitions/object-place.ts';
import { anyObject, label, objectOf } from '../definitions/wrong-values.ts';

const credentials: Fields = { bearer: label, basic: anyObject, api_key: anyObject };

const wholeFile: ObjectPlace = {
  title: 'a configuration',
  pointer: '',
  sound: ['server: {}'],
  fields: {
    server: objectOf,
    database: objectOf,
    storage: objectOf,
    cache: objectOf,
    messaging: objectOf,
    security: objectOf,
    monitoring: objectOf,
    health: objectOf,
    limits: objectOf,
    retention: objectOf,
    outbound: objectOf,
    services: anyObject,
    connections: anyObject,
    secrets: [...anyObject, ['TYPE_WRONG', '{key: «null}', '/key'], ['NAME_INVALID', '{«a b: c}', '/a b']],
    metrics: objectOf,
  },
  write: documentAround('@\n'),
};

const executorFile: ObjectPlace = {
  title: 'the configuration of an executor',
  pointer: '',
  sound: ['executor: {name: a}'],
  fields: { executor: objectOf, messaging: objectOf, health: objectOf, monitoring: objectOf },
  wrong: [],
  write: documentAround('@\n'),
};

/** The credentials of a service, below its address. */
const inAuth = (lines: string): ObjectPlace['write'] =>
  documentAround(`services:\n  users:\n    base_url: https://h\n    auth:\n${lines}`);

const serviceKey: ObjectPlace = {
  title: 'the key of a service',
  pointer: '',
  sound: ['value: a'],
  required: ['value'],
  fields: { header: label, value: label },
  wrong: [],
  write: inAuth('      api_key:\n        @\n'),
};

const serviceUser: ObjectPlace = {
  title: 'the user of a service',
  pointer: '',
  sound: ['username: a', 'password: a'],
  required: ['username', 'password'],
  fields: { username: label, password: label },
  wrong: [],
  write: inAuth('      basic:\n        @\n'),
};

const serviceCredentials: ObjectPlace = {
  title: 'the credentials of a service',
  pointer: '',
  sound: ['bearer: a'],
  excludes: { basic: ['bearer'], api_key: ['bearer'] },
  // Two members are one too many, whatever the second is called.
  beside: ['FIELD_CONFLICT'],
  fields: credentials,
  wrong: [],
  write: inAuth('      @\n'),
};

export const filePlaces: readonly ObjectPlace[] = [
  wholeFile,
  executorFile,
  serviceCredentials,
  serviceKey,
  serviceUser,
];
