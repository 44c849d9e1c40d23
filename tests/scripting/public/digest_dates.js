/* Says when, in the form that a date has as text. */
class Script {
  prepare_outgoing_request({ request }) {
    const at = new Date(request.data.timestamp);
    const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][at.getDay()];
    return { message: { text: `${day} | ${at} | ${at.toLocaleString()} | ${at.getTimezoneOffset()}` } };
  }
}
