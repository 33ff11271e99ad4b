/** A server that tests and developers need beside the platform: how to get it, and how to start one of their own. */
export interface Service {
  /** What people call it. */
  readonly title: string;
  /** Debian packages that bring it. */
  readonly packages: readonly string[];
  /** Where its programs lie; undefined where the machine lacks it. */
  find(): string | undefined;
  /** Starts a server with its files in `folder` (empty, and the server account's own), on `port` of this machine alone. */
  start(place: ServicePlace): Promise<StartedService>;
}

export interface ServicePlace {
  /** What `find` gave. */
  readonly programs: string;
  readonly folder: string;
  readonly port: number;
  readonly password: string;
}

export interface StartedService {
  /** With the name and the password of an account that may do everything. */
  readonly url: string;
  stop(): Promise<void>;
}
