// Trello: a webhook of a board, made by Trello's API.
const LOOK_ALIKES = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };
const ESCAPES = { '(': '%28', ')': '%29', '*': '%2A' };
const NEUTRAL = '#4a90d9';

class Script {
  process_incoming_request({ request }) {
    const { action, model } = Object(request.content);
    const content = told(Object(action), Object(Object(action).data), Object(model));
    return content ? { content } : undefined;
  }
}

// Trello has dozens of actions, most of them of no interest to a room: what is not here posts nothing.
function told(action, data, model) {
  const by = name(action.memberCreator);
  const board = line(Object(data.board).name) || line(model.name) || 'the board';
  const card = (said, more = [], comment = '') => ({ text: `${linked(data.card, comment)}: ${by} ${said}`, attachments: more });
  const onBoard = (said) => ({ text: `${link(board, model.url)}: ${by} ${said}` });
  switch (text(action.type)) {
    case 'createCard':
    case 'copyCard':
    case 'emailCard':
    case 'convertToCardFromCheckItem':
      return card(`added it to *${listName(data)}* on ${board}`);
    case 'updateCard':
      return updated(data, card);
    case 'deleteCard':
      // A deleted card has no name any more, only its number.
      return onBoard(`deleted card ${line(Object(data.card).idShort, 20) || '?'} from *${listName(data)}*`);
    case 'moveCardToBoard':
      return card(`moved it here, to ${board}${otherBoard(' from ', data.boardSource)}`);
    case 'moveCardFromBoard':
      return card(`moved it away from ${board}${otherBoard(' to ', data.boardTarget)}`);
    case 'commentCard':
      return card('commented', quoted(data.text), action.id);
    case 'addMemberToCard':
      return card(isSelf(action) ? 'joined it' : `put *${name(action.member)}* on it`);
    case 'removeMemberFromCard':
      return card(isSelf(action) ? 'left it' : `took *${name(action.member)}* off it`);
    case 'addAttachmentToCard':
      return card(`attached ${link(line(Object(data.attachment).name) || 'a file', Object(data.attachment).url)}`);
    case 'updateCheckItemStateOnCard':
      return card(ticked(Object(data.checkItem)));
    case 'createList':
      return onBoard(`added the list *${listName(data)}*`);
    case 'updateList':
      return updatedList(data, onBoard);
    case 'addMemberToBoard':
      return onBoard(isSelf(action) ? 'joined' : `added *${name(action.member)}*`);
    case 'removeMemberFromBoard':
      return onBoard(isSelf(action) ? 'left' : `removed *${name(action.member)}*`);
    default:
      return undefined;
  }
}

// What changed is what has an old value; a place in a list, a label or a cover is worth no message.
function updated(data, said) {
  const old = Object(data.old);
  const card = Object(data.card);
  if (data.listBefore && data.listAfter) {
    return said(`moved it from ${line(Object(data.listBefore).name) || '?'} to *${line(Object(data.listAfter).name) || '?'}*`);
  }
  if ('closed' in old) {
    return said(card.closed ? '*archived* it' : 'sent it back to the board');
  }
  if ('dueComplete' in old) {
    return said(card.dueComplete ? 'marked it *complete*' : 'marked it incomplete');
  }
  if ('due' in old) {
    const due = moment(card.due);
    return said(due ? `set it due *${due}*` : 'removed the due date');
  }
  if ('name' in old) {
    const was = line(old.name);
    return said(`renamed it${was && ` (was: ${was})`}`);
  }
  if ('desc' in old) {
    return said(card.desc ? 'changed the description' : 'removed the description', quoted(card.desc));
  }
  return undefined;
}

function updatedList(data, said) {
  const old = Object(data.old);
  if ('closed' in old) {
    return said(`${Object(data.list).closed ? 'archived' : 'brought back'} the list *${listName(data)}*`);
  }
  return 'name' in old ? said(`renamed the list ${line(old.name) || '?'} to *${listName(data)}*`) : undefined;
}

function ticked(item) {
  return `${item.state === 'complete' ? 'ticked' : 'unticked'} _${line(item.name) || 'an item'}_`;
}

// Trello does not always say which one it is: it may be one that the token cannot read.
function otherBoard(where, board) {
  const named = line(Object(board).name);
  return named && `${where}${named}`;
}

function quoted(value) {
  const said = inert(value);
  return said ? [{ color: NEUTRAL, text: said }] : [];
}

function isSelf(action) {
  const id = text(Object(action.member).id);
  return id !== '' && id === text(Object(action.memberCreator).id);
}

function listName(data) {
  return line(Object(data.list).name) || 'a list';
}

function linked(card, comment = '') {
  const { name: title, shortLink } = Object(card);
  const isKnown = /^[A-Za-z0-9]+$/.test(text(shortLink));
  const where = /^[0-9a-f]+$/.test(text(comment)) ? `#comment-${comment}` : '';
  return link(line(title) || 'A card', isKnown ? `https://trello.com/c/${shortLink}${where}` : '');
}

function name(member) {
  return line(Object(member).fullName, 60) || line(Object(member).username, 60) || 'Someone';
}

function moment(value) {
  const given = text(value);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d.*Z$/.test(given) ? `${given.slice(0, 16).replace('T', ' ')} UTC` : line(given, 40);
}

function text(value) {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

// What others wrote, for our Markdown: cut, its marks as look-alikes, and a zero-width space where a mention, a link or
// a formula would begin. A backslash would not do: within links it is shown as it is.
function inert(value, most = 200) {
  const given = text(value).trim();
  const cut = given.length > most ? `${given.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}…` : given;
  return cut
    .replace(/[*~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (mark) => LOOK_ALIKES[mark])
    .replace(/[\]<\\]|(?<![A-Za-z0-9])[@#](?=\S)/g, '$&\u200b');
}

// The same on one line.
function line(value, most = 100) {
  return inert(text(value).slice(0, 500).replace(/\s+/g, ' '), most);
}

// A link where the address is one of the web, else bold. The label is inert already.
function link(label, address) {
  const given = text(address).trim();
  if (given.length > 1000 || !/^https?:\/\/[^\s/?#\\]/i.test(given)) {
    return `*${label}*`;
  }
  const target = given.replace(/[\s()<>|\\*`]/g, (mark) => ESCAPES[mark] || encodeURIComponent(mark));
  return `[${label}](${target})`;
}
