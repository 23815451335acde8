"""What stands between people and the product in the sandbox: an HTTP API, a chat service and a page to watch.

gateway, routes, proxy_event      API Gateway: HTTP -> one Lambda invocation -> HTTP
slack, web_api, content, faults   what the product calls: Slack's Web API with its limits, and its troubles
blocks, elements, shapes          what may stand in messages and views
views, filled                     home tabs and modals; what stands in their inputs
files, history, tally             uploads in three steps; reading channels back; how often what is called
acting, requests, response_urls   what the product is sent: signed commands and clicks, and its later answers
channel, workspace                the messages; the people
transcript, mrkdwn                the channel as people saw it, as Markdown
view, cloud, machine,
fleets, devices                   the live picture, read from the platform and the estate
stage, static/                    the page and its interface, `/_sandbox/...`
client                            the same interface for stories and tests
server, endpoints, __main__       the process
"""
