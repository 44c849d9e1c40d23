/*
 * `HTTP(method, url, options)`, for legacy scripts: Meteor's HTTP.call as the original hands it out. It waits for the
 * answer, and gives `{result}` or `{error}`; an answer of status 400 and above is an error that has it as `response`.
 *
 * To the host: `{"method", "url", "headers": [["name", "value"], …], "body"?, "auth"?: "user:password", "timeout"?: ms}`. From
 * it: `{"status", "headers": [[name, value], …], "body": "text"}` or `{"error": "text"}`.
 */
(function (runtime) {
  'use strict';

  const safe = runtime.safe;
  const { optionOf } = runtime;
  const SHOWN = 500;
  const JSON_TYPES = ['application/json', 'text/javascript', 'application/javascript', 'application/x-javascript'];

  const encode = (text) =>
    encodeURIComponent(text)
      .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
      .replace(/%20/g, '+');

  const encodeName = (name) => encode(name).replace(/%5B/g, '[').replace(/%5D/g, ']');

  /** `name=value&…`; the properties of objects as `name[key]=value`, the items of lists as `name[]=value`. */
  function encodeParams(params, prefix) {
    const list = Array.isArray(params);
    return Object.keys(params)
      .map((key) => {
        const value = params[key];
        const name = prefix ? `${prefix}[${list ? '' : key}]` : key;
        if (value !== null && typeof value === 'object') return encodeParams(value, name);
        return `${encodeName(name)}=${encode(value)}`;
      })
      .join('&');
  }

  function urlWith(url, query, params) {
    const mark = url.indexOf('?');
    let asked = typeof query === 'string' ? query : mark < 0 ? null : url.slice(mark + 1);
    if (params) {
      const more = encodeParams(params);
      asked = asked && more ? `${asked}&${more}` : asked || more;
    }
    const place = mark < 0 ? url : url.slice(0, mark);
    return asked === null ? place : `${place}?${asked}`;
  }

  /** The request as JSON text for the host. */
  function requestJson(method, url, options) {
    const verb = `${method}`.toUpperCase();
    const data = optionOf(options, 'data');
    const params = optionOf(options, 'params');
    const auth = optionOf(options, 'auth');
    let body = optionOf(options, 'content');
    let type = null;
    if (data) {
      body = JSON.stringify(data);
      type = 'application/json';
    }
    const inUrl = body || verb === 'GET' || verb === 'HEAD';
    const place = urlWith(`${url}`, optionOf(options, 'query'), inUrl ? params : null);
    if (params && !inUrl) {
      body = encodeParams(params);
      type = 'application/x-www-form-urlencoded';
    }
    if (auth && `${auth}`.indexOf(':') < 0) throw new Error('auth must have the form "username:password"');
    const timeout = runtime.timeoutOf(optionOf(options, 'timeout'));
    return (
      `{"method":${safe.stringify(verb)},"url":${safe.stringify(place)}` +
      `,"headers":${runtime.headersJson(optionOf(options, 'headers'), type)}` +
      `${body === undefined || body === null ? '' : `,"body":${safe.stringify(`${body}`)}`}` +
      `${auth ? `,"auth":${safe.stringify(`${auth}`)}` : ''}${timeout === null ? '' : `,"timeout":${timeout}`}}`
    );
  }

  function dataOf(headers, content) {
    const type = (headers['content-type'] || 'application/json').split(';')[0].trim().toLowerCase();
    if (!JSON_TYPES.includes(type)) return null;
    try {
      return safe.parse(content);
    } catch {
      return null;
    }
  }

  function resultOf(answer) {
    const headers = runtime.headersByName(answer.headers);
    const plain = {};
    for (const name of Object.keys(headers)) plain[name] = headers[name];
    return { statusCode: answer.status, content: answer.body, headers: plain, data: dataOf(headers, answer.body) };
  }

  function failure(result) {
    const line = result.content.replace(/\n/g, ' ');
    const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line;
    const error = new Error(`failed [${result.statusCode}]${shown ? ` ${shown}` : ''}`);
    error.response = result;
    return error;
  }

  /** `HTTP`; `prepare` makes it a global of those scripts that may have it. */
  runtime.http = {
    HTTP(method, url, options) {
      try {
        const request = requestJson(method, url, options);
        if (request.length > runtime.limits.request) throw new Error('the request is too large');
        const answer = safe.parse(runtime.host(request));
        if (safe.hasOwn(answer, 'error')) return { error: new Error(answer.error) };
        const result = resultOf(answer);
        return result.statusCode >= 400 ? { error: failure(result) } : { result };
      } catch (error) {
        return { error };
      }
    },
  }.HTTP;
})
