"""Push as a person meets it. The push service behind PushManager is a browser's own and out of
reach here, so the page gets a PushManager that answers as one would; all else is real.
"""

from __future__ import annotations

import json
import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import Place, Visitors
from tests.support.push import Browser

PAGE = "/settings/notifications"
ENDPOINT = "https://fcm.googleapis.com/wp/browser-test"
# `permission` before and after asking; `made`: what subscribing gives, or null for a service
# that cannot be reached
STUB = """
(({ before, after, made }) => {
  let now = before;
  class Notice {
    static get permission() { return now; }
    static async requestPermission() { now = after; return after; }
  }
  Object.defineProperty(window, "Notification", { value: Notice });
  let held = null;
  window.asked = [];
  Object.assign(PushManager.prototype, {
    async getSubscription() { return held; },
    async subscribe(options) {
      window.asked.push(options);
      if (!made) throw new DOMException("push service error", "AbortError");
      held = { toJSON: () => made, unsubscribe: async () => { held = null; return true; } };
      return held;
    },
  });
})(%s)
"""


def made(name: str) -> dict[str, object]:
    """What a browser's subscription says of itself."""
    form = Browser(f"{ENDPOINT}-{name}").form
    return {"endpoint": form["endpoint"], "keys": {"p256dh": form["p256dh"], "auth": form["auth"]}}


def stub(page: Page, before: str, after: str, subscription: dict[str, object] | None) -> None:
    facts = {"before": before, "after": after, "made": subscription}
    page.add_init_script(STUB % json.dumps(facts))


def kept(place: Place, name: str) -> int:
    query = "SELECT count(*) FROM push_subscriptions WHERE endpoint = :endpoint"
    return place.sql(query, endpoint=f"{ENDPOINT}-{name}")[0][0]


def test_push_goes_on_and_off_again(place: Place, visitor: Visitors) -> None:
    one = visitor("Ivo", username="ivo")
    stub(one.page, "default", "granted", made("ivo"))
    page = one.open(PAGE)
    page.get_by_role("button", name="Allow push in this browser").click()
    expect(page.get_by_role("button", name="Switch push off here")).to_be_visible()
    expect(page.get_by_text("Push is on in this browser.")).to_be_visible()
    assert kept(place, "ivo") == 1
    ((asked),) = page.evaluate("window.asked")
    assert asked["userVisibleOnly"] is True
    assert len(asked["applicationServerKey"]) == 87
    scope = page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.scope)")
    assert scope == f"{place.site.url}/"
    page.get_by_role("button", name="Switch push off here").click()
    expect(page.get_by_role("button", name="Allow push in this browser")).to_be_visible()
    assert kept(place, "ivo") == 0
    deadline = time.monotonic() + 5
    held = "navigator.serviceWorker.ready.then((one) => one.pushManager.getSubscription())"
    while page.evaluate(held) is not None:
        assert time.monotonic() < deadline, "the browser keeps its subscription"


def test_whoever_says_no_is_told_how_to_change_it(place: Place, visitor: Visitors) -> None:
    one = visitor("Dina", username="dina")
    stub(one.page, "default", "denied", made("dina"))
    page = one.open(PAGE)
    page.get_by_role("button", name="Allow push in this browser").click()
    expect(page.get_by_text("This browser blocks notifications")).to_be_visible()
    expect(page.get_by_role("button", name="Allow push in this browser")).to_be_hidden()
    assert kept(place, "dina") == 0


def test_a_service_out_of_reach_is_said_and_can_be_tried_again(
    place: Place, visitor: Visitors
) -> None:
    one = visitor("Dina", username="dina")
    stub(one.page, "granted", "granted", None)
    page = one.open(PAGE)
    page.get_by_role("button", name="Allow push in this browser").click()
    expect(page.get_by_text("could not reach its push service")).to_be_visible()
    expect(page.get_by_role("button", name="Allow push in this browser")).to_be_enabled()


def test_a_browser_without_push_is_told_so(visitor: Visitors) -> None:
    one = visitor("Dina", username="dina")
    one.page.add_init_script("delete window.PushManager")
    page = one.open(PAGE)
    expect(page.get_by_text("This browser cannot receive push.")).to_be_visible()
    expect(page.get_by_role("button", name="Allow push in this browser")).to_be_hidden()


def test_without_scripts_the_switches_work_and_push_says_what_it_needs(visitor: Visitors) -> None:
    one = visitor("Dina", username="dina", javascript=False)
    page = one.open(PAGE)
    expect(page.get_by_text("Push needs JavaScript")).to_be_visible()
    box = page.get_by_role("checkbox", name="Pitches received and answered: Digest")
    expect(box).not_to_be_checked()
    box.check()
    page.get_by_role("button", name="Save notifications").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(box).to_be_checked()
    box.uncheck()
    page.get_by_role("button", name="Save notifications").click()
    expect(box).not_to_be_checked()


WINDOWS = """
() => {
  self.did = [];
  Clients.prototype.openWindow = async (url) => self.did.push(["opened", url]);
  WindowClient.prototype.focus = async function () { self.did.push(["focused", this.url]); };
}
"""
RING = """
async (facts) => {
  const waiting = [];
  const event = new PushEvent("push", { data: JSON.stringify(facts) });
  event.waitUntil = (what) => waiting.push(what);
  self.dispatchEvent(event);
  await Promise.all(waiting);
  const shown = await self.registration.getNotifications();
  return shown.map((one) => [one.title, one.body, one.tag, one.data.url]);
}
"""
PRESS = """
async () => {
  const [notification] = await self.registration.getNotifications();
  const event = new NotificationEvent("notificationclick", { notification });
  const waiting = [];
  event.waitUntil = (what) => waiting.push(what);
  self.dispatchEvent(event);
  await Promise.all(waiting);
  return [self.did.pop(), (await self.registration.getNotifications()).length];
}
"""


def test_the_worker_shows_a_push_once_and_a_press_opens_its_page(
    place: Place, visitor: Visitors
) -> None:
    one = visitor("Dina", username="dina")
    one.page.context.grant_permissions(["notifications"], origin=place.site.url)
    page = one.open(PAGE)
    page.evaluate("navigator.serviceWorker.register('/sw.js')")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    (worker,) = page.context.service_workers
    worker.evaluate(WINDOWS)
    facts = {"title": "Ben", "body": "pitched you: Chess", "url": "/pitches/abc", "tag": "t1"}
    for _twice in range(2):
        assert worker.evaluate(RING, facts) == [["Ben", facts["body"], "t1", "/pitches/abc"]]
    assert worker.evaluate(PRESS) == [["opened", f"{place.site.url}/pitches/abc"], 0]
    worker.evaluate(RING, facts | {"url": f"https://elsewhere.example{PAGE}"})
    assert worker.evaluate(PRESS) == [["focused", f"{place.site.url}{PAGE}"], 0]
