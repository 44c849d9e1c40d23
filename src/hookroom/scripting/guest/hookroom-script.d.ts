/**
 * What an integration script has and gets. For editors: put this file beside the script, and at the top of the script
 *
 *     /// <reference path="hookroom-script.d.ts" />
 *
 * With `checkJs` and `"target": "es2022"`, `@implements {Hookroom.Script}` above `class Script` and
 * `@param {Hookroom.IncomingCall} call` above a method have it checked.
 *
 * The reference of the script API, with the meaning of each field: docs/reference/scripts.md.
 */

/// <reference no-default-lib="true" />
/// <reference lib="es2024" />

declare namespace Hookroom {
  /** The methods of `class Script`. Each may be left out, and each may be async. */
  interface Script {
    process_incoming_request?(call: IncomingCall): MaybeAsync<IncomingResult>;
    prepare_outgoing_request?(call: OutgoingCall): MaybeAsync<OutgoingResult>;
    process_outgoing_response?(call: ResponseCall): MaybeAsync<ResponseResult>;
  }

  type MaybeAsync<T> = T | PromiseLike<T>;
  type Nothing = undefined | void | null | false;
  type Json = any;

  interface IncomingCall {
    request: IncomingRequest;
  }

  interface IncomingRequest {
    url: {
      hash: string;
      /** With its "?", or empty. */
      search: string;
      query: Record<string, string>;
      pathname: string;
      path: string;
    };
    url_raw: string;
    url_params: Record<string, string>;
    /** The body: parsed JSON, or the fields of a form; then `String(content)` is the raw text. */
    content: Json;
    content_raw: string;
    /** By lower-case name. */
    headers: Record<string, string>;
    /** The same object as `content`. */
    body: Json;
    /** Who the integration posts as. */
    user: { _id: string; name: string; username: string };
  }

  /** Nothing: answers 200 and posts nothing. An object says what to post, what to answer, or why not. */
  type IncomingResult =
    | {
        content: Message;
        /** Answered to the caller as JSON once the message is posted. */
        response?: Record<string, Json>;
      }
    | { response: Record<string, Json> }
    | { error: string | { success?: false; message?: string; [key: string]: Json } }
    | Nothing;

  interface OutgoingCall {
    request: OutgoingRequest;
  }

  interface OutgoingRequest {
    params: Record<string, Json>;
    method: string;
    url: string;
    /** What the event sends: the fields are those of the outgoing webhook's payload. */
    data: OutgoingData;
    auth?: string | null;
    headers: Record<string, string>;
    [key: string]: Json;
  }

  interface OutgoingData {
    token: string;
    bot: boolean | { i: string };
    trigger_word?: string;
    channel_id?: string;
    channel_name?: string | null;
    message_id?: string;
    timestamp?: string;
    user_id?: string;
    user_name?: string;
    text?: string;
    siteUrl?: string;
    alias?: string;
    isEdited?: boolean;
    tmid?: string;
    user?: Json;
    room?: Json;
    message?: Json;
    owner?: Json;
    [key: string]: Json;
  }

  /** Nothing: no call. A request needs `url` and `method`; with `message`, that is posted, too or instead. */
  type OutgoingResult =
    | {
        url?: string;
        method?: string;
        headers?: Record<string, string>;
        data?: Json;
        /** Added to the query of `url`. */
        params?: Record<string, Json>;
        /** "user:password". */
        auth?: string | null;
        /** Milliseconds. */
        timeout?: number;
        message?: Message;
        [key: string]: Json;
      }
    | Nothing;

  interface ResponseCall {
    /** What `prepare_outgoing_request` returned, with the keys it added. */
    request: OutgoingRequest;
    response: OutgoingResponse;
  }

  interface OutgoingResponse {
    error: Json;
    status_code: number;
    /** Where the answer is JSON: the parsed value, whose text is the raw answer. Else the raw text. */
    content: Json;
    content_raw: string;
    headers: Record<string, string>;
  }

  /** `content` is posted, `false` posts nothing, anything else leaves it to the server. */
  type ResponseResult = { content: Message } | Nothing | Record<string, never>;

  interface Message {
    text?: string;
    msg?: string;
    channel?: string | string[];
    roomId?: string | string[];
    username?: string;
    alias?: string;
    icon_url?: string;
    avatar?: string;
    icon_emoji?: string;
    emoji?: string;
    attachments?: Attachment[];
    parseUrls?: boolean;
    groupable?: boolean;
    tmid?: string;
    customFields?: Record<string, Json>;
    separateResponse?: boolean;
    [key: string]: Json;
  }

  interface Attachment {
    color?: string;
    text?: string;
    pretext?: string;
    ts?: string | number;
    thumb_url?: string;
    message_link?: string;
    collapsed?: boolean;
    author_name?: string;
    author_link?: string;
    author_icon?: string;
    title?: string;
    title_link?: string;
    title_link_download?: boolean;
    image_url?: string;
    audio_url?: string;
    video_url?: string;
    fields?: { title: string; value: Json; short?: boolean }[];
    actions?: Json[];
    [key: string]: Json;
  }

  interface FetchOptions {
    /** "GET" when left out. */
    method?: string;
    headers?:
      | Record<string, string | number | boolean | null | undefined>
      | [name: string, value: string][]
      | { forEach(each: (value: string, name: string) => void): void };
    /** Text; anything else is made text. */
    body?: unknown;
    /** Milliseconds. */
    timeout?: number;
  }

  interface FetchHeaders extends Iterable<[name: string, value: string]> {
    get(name: string): string | null;
    has(name: string): boolean;
    forEach(each: (value: string, name: string, headers: FetchHeaders) => void, self?: unknown): void;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    entries(): IterableIterator<[name: string, value: string]>;
  }

  interface FetchResponse {
    readonly status: number;
    readonly statusText: string;
    /** Whether `status` is 200 to 299. */
    readonly ok: boolean;
    readonly url: string;
    readonly redirected: boolean;
    readonly headers: FetchHeaders;
    readonly bodyUsed: boolean;
    /** The body can be read once. */
    text(): Promise<string>;
    json(): Promise<Json>;
  }

  interface HttpOptions {
    /** Sent as JSON. */
    data?: Json;
    content?: string;
    /** Takes the place of the query in the address. */
    query?: string;
    /** Into the query, or as a form with POST and the like. */
    params?: Record<string, Json>;
    headers?: Record<string, string>;
    /** "user:password". */
    auth?: string;
    /** Milliseconds. */
    timeout?: number;
  }

  interface HttpResult {
    statusCode: number;
    content: string;
    /** The parsed content where it is JSON, else null. */
    data: Json;
    headers: Record<string, string>;
  }

  interface Console {
    log(...values: unknown[]): void;
    info(...values: unknown[]): void;
    warn(...values: unknown[]): void;
    error(...values: unknown[]): void;
    debug(...values: unknown[]): void;
    trace(...values: unknown[]): void;
    dir(value: unknown): void;
    table(value: unknown): void;
    assert(condition: unknown, ...values: unknown[]): void;
  }

  interface Store {
    /** Keeps `value` for as long as the loaded script lives; answers it. */
    set<T>(key: string, value: T): T;
    get(key: string): any;
    has(key: string): boolean;
    delete(key: string): boolean;
    keys(): string[];
    clear(): void;
  }

  interface Strings {
    truncate(text: unknown, length: number, ending?: string): string;
    trim(text: unknown, characters?: string | RegExp): string;
    ltrim(text: unknown, characters?: string | RegExp): string;
    rtrim(text: unknown, characters?: string | RegExp): string;
    capitalize(text: unknown, lowercaseRest?: boolean): string;
    stripTags(text: unknown): string;
    strLeft(text: unknown, separator: string): string;
    strRight(text: unknown, separator: string): string;
    strRightBack(text: unknown, separator: string): string;
    numberFormat(number: number, decimals?: number, decimalMark?: string, thousandsMark?: string): string;
    pad(text: unknown, length: number, filler?: string, side?: 'left' | 'right' | 'both'): string;
    lrpad(text: unknown, length: number, filler?: string): string;
  }
}

declare const console: Hookroom.Console;
declare const Store: Hookroom.Store;
declare const s: Hookroom.Strings;
declare const global: typeof globalThis;

declare function fetch(
  url: string,
  options?: Hookroom.FetchOptions,
  allowSelfSigned?: boolean,
): Promise<Hookroom.FetchResponse>;

declare function queueMicrotask(callback: () => void): void;
declare function btoa(text: string): string;
declare function atob(text: string): string;

/** Only for transpiled scripts. An answer of status 400 and above is an error that has it as `response`. */
declare function HTTP(
  method: string,
  url: string,
  options?: Hookroom.HttpOptions,
): { result: Hookroom.HttpResult; error?: undefined } | { result?: undefined; error: Error & { response?: Hookroom.HttpResult } };

/** Only for transpiled scripts: underscore. */
declare const _: any;
