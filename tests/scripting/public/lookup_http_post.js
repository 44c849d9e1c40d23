/* Sends what came on as JSON, with a user and a password. */
class Script {
  process_incoming_request({ request }) {
    const answer = HTTP('POST', 'https://tickets.example.com/api', { data: request.content, auth: 'bot:secret' });
    if (answer.error) {
      return { error: { success: false, message: answer.error.message } };
    }
    return { content: { text: 'Ticket ' + JSON.parse(answer.result.content).id } };
  }
}
