// Stripe: a webhook endpoint with snapshot payloads. SAYS has the words for each event, and how bad it is.
const COLORS = { bad: '#d9534f', good: '#2fa44f', warning: '#e0a800', neutral: '#4a90d9' };
const SAYS = {
  'payment_intent.succeeded': ['succeeded', 'good'],
  'payment_intent.payment_failed': ['*failed*', 'bad'],
  'payment_intent.canceled': ['was canceled', 'warning'],
  'payment_intent.amount_capturable_updated': ['can be captured', 'neutral'],
  'charge.succeeded': ['succeeded', 'good'],
  'charge.captured': ['was captured', 'good'],
  'charge.failed': ['*failed*', 'bad'],
  'charge.expired': ['expired uncaptured', 'warning'],
  'charge.refunded': ['was refunded', 'warning'],
  'charge.dispute.created': ['was *opened*', 'bad'],
  'charge.dispute.closed': ['was closed', 'neutral'],
  'charge.dispute.funds_withdrawn': ['took the funds', 'bad'],
  'charge.dispute.funds_reinstated': ['gave the funds back', 'good'],
  'invoice.paid': ['was paid', 'good'],
  'invoice.payment_succeeded': ['was paid', 'good'],
  'invoice.payment_failed': ['was *not paid*', 'bad'],
  'invoice.payment_action_required': ['needs action of the customer', 'warning'],
  'invoice.finalization_failed': ['could *not be finalized*', 'bad'],
  'invoice.marked_uncollectible': ['was marked uncollectible', 'warning'],
  'invoice.overdue': ['is *overdue*', 'warning'],
  'invoice.voided': ['was voided', 'neutral'],
  'customer.subscription.created': ['was started', 'good'],
  'customer.subscription.deleted': ['*ended*', 'warning'],
  'customer.subscription.paused': ['was paused', 'warning'],
  'customer.subscription.resumed': ['was resumed', 'good'],
  'customer.subscription.trial_will_end': ['leaves its trial', 'neutral'],
  'customer.subscription.updated': ['was changed', 'neutral'],
  'checkout.session.completed': ['was completed', 'good'],
  'checkout.session.async_payment_succeeded': ['was paid', 'good'],
  'checkout.session.async_payment_failed': ['was *not paid*', 'bad'],
  'payout.paid': ['arrived', 'good'],
  'payout.failed': ['*failed*', 'bad'],
  'payout.canceled': ['was canceled', 'warning'],
};
const QUIET = [
  ...['created', 'processing', 'requires_action'].map((what) => `payment_intent.${what}`),
  ...['pending', 'updated', 'dispute.updated', 'refund.updated'].map((what) => `charge.${what}`),
  ...['created', 'updated', 'finalized', 'upcoming', 'sent', 'will_be_due'].map((what) => `invoice.${what}`),
  ...['created', 'updated', 'reconciliation_completed'].map((what) => `payout.${what}`),
  ...['customer.updated', 'customer.source.updated', 'checkout.session.expired', 'invoice_payment.paid', 'balance.available'],
];
// Currencies whose amounts are not in hundredths. (ISK and UGX are, in the API.)
const WHOLE = ['BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'];
const THOUSANDTHS = ['BHD', 'JOD', 'KWD', 'OMR', 'TND'];

class Script {
  process_incoming_request({ request }) {
    const event = Object(request.content);
    const { object, previous_attributes: before } = Object(event.data);
    const thing = Object(object);
    const type = plain(event.type);
    if (!type || QUIET.includes(type)) {
      return undefined;
    }
    const mode = event.livemode === false ? '_test mode_' : '';
    if (!Object.hasOwn(SAYS, type)) {
      return { content: { text: [link(type, page(event, 'events', event.id)), mode].filter(Boolean).join(' · ') } };
    }
    const [says, level] = type === 'customer.subscription.updated' ? changed(thing, before) : SAYS[type];
    if (!says) {
      return undefined;
    }
    const [name, place, id] = subject(type.split('.'), thing);
    const unpaid = type === 'checkout.session.completed' && thing.payment_status === 'unpaid';
    const words = type === 'charge.refunded' ? refunded(thing, before) : `${says}${unpaid ? ', not paid yet' : ''}`;
    const about = thing.object === 'payout' ? '' : plain(thing.description);
    const parts = [`${link(name, page(event, place, id))} ${words}`, about, who(thing), mode];
    const text = level === 'good' ? '' : details(type, thing);
    return {
      content: { text: parts.filter(Boolean).join(' · '), attachments: text ? [{ color: COLORS[level], text }] : [] },
    };
  }
}

// What the event is about, and where it is in the dashboard.
function subject([family, kind], thing) {
  const payment = ['payments', thing.payment_intent || thing.charge || thing.id];
  if (family === 'invoice') {
    const total = money(thing.status === 'paid' ? thing.amount_paid : thing.amount_due, thing.currency);
    return [['Invoice', plain(thing.number, 60), total && `over ${total}`].filter(Boolean).join(' '), 'invoices', thing.id];
  }
  if (family === 'customer') {
    return [`Subscription${plan(thing)}`, 'subscriptions', thing.id];
  }
  if (family === 'payout') {
    return [`Payout${of(thing.amount, thing)}`, 'payouts', thing.id];
  }
  if (family === 'checkout') {
    const made = thing.subscription ? ['subscriptions', thing.subscription] : payment;
    return [`Checkout${of(thing.amount_total, thing)}`, ...made];
  }
  return [`${kind === 'dispute' ? 'Dispute' : 'Payment'}${of(thing.amount, thing)}`, ...payment];
}

// Why, and until when; one line each.
function details(type, thing) {
  const { last_payment_error: error, last_finalization_error: finalization, evidence_details: evidence } = thing;
  const message = plain(Object(error).message || Object(finalization).message || thing.failure_message);
  const code = plain(Object(error).decline_code || Object(thing.outcome).reason || thing.failure_code);
  const due = type === 'charge.dispute.created' ? day(Object(evidence).due_by) : '';
  const retry = type === 'invoice.payment_failed' ? day(thing.next_payment_attempt) : '';
  return [
    [message, /^\w+$/.test(code) ? `\`${code}\`` : ''].filter(Boolean).join(' '),
    word(thing.cancellation_reason || thing.reason),
    type === 'charge.dispute.closed' ? word(thing.status) : '',
    word(Object(thing.cancellation_details).feedback || Object(thing.cancellation_details).reason),
    type === 'customer.subscription.trial_will_end' && day(thing.trial_end) ? `Trial ends ${day(thing.trial_end)}` : '',
    due && `Evidence is due by ${due}`,
    retry && `Next attempt ${retry}`,
  ]
    .filter(Boolean)
    .join('\n');
}

// An update of a subscription: only of its state, its end and its plan is there something to say.
function changed(thing, before) {
  const old = Object(before);
  if (Object.hasOwn(old, 'status') && plain(thing.status)) {
    const bad = ['past_due', 'unpaid', 'incomplete_expired'].includes(thing.status);
    return [`is *${word(thing.status).toLowerCase()}*`, bad ? 'bad' : 'neutral'];
  }
  if (Object.hasOwn(old, 'cancel_at_period_end') || Object.hasOwn(old, 'cancel_at')) {
    const end = day(thing.cancel_at);
    const ends = thing.cancel_at || thing.cancel_at_period_end;
    return ends ? [`will *end*${end && ` on ${end}`}`, 'warning'] : ['goes on after all', 'good'];
  }
  return Object.hasOwn(old, 'items') || Object.hasOwn(old, 'plan') ? SAYS['customer.subscription.updated'] : [];
}

// All of it, or how much this time.
function refunded(thing, before) {
  const now = money(thing.amount_refunded - (Number(Object(before).amount_refunded) || 0), thing.currency);
  return thing.refunded === true || !now ? 'was refunded' : `was refunded in part (${now})`;
}

// " (19.00 EUR per month)"; of several things, the first.
function plan(thing) {
  const { price, quantity } = Object(Object(Object(thing.items).data)[0]);
  const { nickname, unit_amount: each, currency, recurring } = Object(price || thing.plan);
  const amount = money(each * (quantity > 1 ? quantity : 1), currency);
  const { interval, interval_count: count } = Object(recurring);
  const per = plain(interval, 20) && ` per ${count > 1 ? `${plain(count)} ${plain(interval, 20)}s` : plain(interval, 20)}`;
  return `${plain(nickname, 60) && ` ${plain(nickname, 60)}`}${amount && ` (${amount}${per})`}`;
}

function who(thing) {
  const { name, email } = Object(thing.billing_details || thing.customer_details);
  const known = [name, thing.customer_name, email, thing.customer_email, thing.receipt_email].map((one) => plain(one, 100));
  const customer = plain(thing.customer, 60);
  return known.find(Boolean) || (/^cus_\w+$/.test(customer) ? `\`${customer}\`` : '');
}

function of(amount, { currency }) {
  return money(amount, currency) && ` of ${money(amount, currency)}`;
}

// "1,249.00 EUR", "1,500 JPY"
function money(amount, currency) {
  const code = plain(currency, 3).toUpperCase();
  const digits = WHOLE.includes(code) ? 0 : THOUSANDTHS.includes(code) ? 3 : 2;
  return Number.isSafeInteger(amount) && code ? `${s.numberFormat(amount / 10 ** digits, digits)} ${code}` : '';
}

// "insufficient_funds": "Insufficient funds"
function word(code) {
  const text = plain(code).replace(/_/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function day(seconds) {
  const known = Number.isSafeInteger(seconds) && seconds > 0 && seconds < 1e11;
  return known ? new Date(seconds * 1000).toISOString().slice(0, 10) : '';
}

function page(event, place, id) {
  const account = /^acct_\w+$/.test(event.account) ? `/${event.account}` : '';
  const test = event.livemode === false ? '/test' : '';
  return typeof id === 'string' && /^\w+$/.test(id) ? `https://dashboard.stripe.com${account}${test}/${place}/${id}` : '';
}

// The functions below make text of others harmless: it cannot format, link or mention.
function link(name, url) {
  return target(url) ? `[${name}](${target(url)})` : `*${name}*`;
}

function target(url) {
  const text = typeof url === 'string' && url.length < 1000 ? url.trim() : '';
  return /^https?:\/\/[^\s/?#\\]/i.test(text) ? text.replace(/[\s()<>|]/g, escape) : '';
}

// Rocket.Chat's Markdown has no escape character, hence look-alikes; a zero-width space stops mentions.
function plain(value, most = 200) {
  const alike = { '*': '∗', _: 'ˍ', '~': '∼', '`': 'ˋ', '[': '(', ']': ')', '<': '‹' };
  const given = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const text = given.slice(0, 2000).replace(/\s+/g, ' ').trim();
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text)
    .toWellFormed()
    .replace(/[*~`[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|<(?=\S*\|)/g, (mark) => alike[mark])
    .replace(/\B@/g, '@\u200b');
}
