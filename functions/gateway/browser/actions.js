// Reports page views and clicks on elements that carry data-action="<name>" to the gateway it was loaded from. Nothing that was typed or
// shown is read: only the page's path and the declared names.
//
//   <script src="https://gateway.example.com/v1/actions.js" data-key="<public key>" data-session="<session id>" defer></script>
//
// data-session and data-device are optional; a page that learns them later calls tradingActions.identify({ session, device }), and one that
// does something worth reporting without a click calls tradingActions.click("<name>").
(function () {
    "use strict";
    /* global crypto, document, history, location, navigator, URL, window, fetch, setTimeout, clearTimeout */
    var script = document.currentScript;
    if (!script || !script.dataset.key) return;
    var target = new URL("/v1/actions?key=" + encodeURIComponent(script.dataset.key), script.src).href;
    var session = script.dataset.session;
    var device = script.dataset.device;
    var waiting = [];
    var timer;
    var lastPage;

    function newId() {
        var bytes = crypto.getRandomValues(new Uint8Array(16));
        return Array.from(bytes, function (byte) {
            return byte.toString(16).padStart(2, "0");
        }).join("");
    }

    function send() {
        clearTimeout(timer);
        timer = undefined;
        if (waiting.length === 0) return;
        var report = JSON.stringify({ session_id: session, device_id: device, actions: waiting.splice(0, 50) });
        // As text/plain, which needs no question first; a beacon also leaves with a page that is being closed.
        var queued = navigator.sendBeacon && navigator.sendBeacon(target, report);
        if (!queued) fetch(target, { method: "POST", body: report, keepalive: true }).catch(function () {});
        if (waiting.length > 0) send();
    }

    function add(action, element) {
        var page = location.pathname.slice(0, 2048);
        waiting.push({
            action_id: newId(),
            action: action,
            event_time: new Date().toISOString(),
            page: page,
            element: element,
        });
        if (waiting.length >= 50) send();
        else timer = timer || setTimeout(send, 2000);
    }

    function viewed() {
        if (location.pathname === lastPage) return;
        lastPage = location.pathname;
        add("page_view");
    }

    // Pages that change without being loaded again.
    ["pushState", "replaceState"].forEach(function (name) {
        var original = history[name];
        history[name] = function () {
            var result = original.apply(this, arguments);
            viewed();
            return result;
        };
    });
    window.addEventListener("popstate", viewed);
    document.addEventListener(
        "click",
        function (event) {
            var element = event.target instanceof window.Element && event.target.closest("[data-action]");
            if (element) add("click", element.getAttribute("data-action"));
        },
        true,
    );
    document.addEventListener("visibilitychange", function () {
        if (document.visibilityState === "hidden") send();
    });
    window.tradingActions = {
        click: function (name) {
            add("click", String(name));
        },
        identify: function (known) {
            // What was done before belongs to who it was before.
            send();
            session = known.session;
            device = known.device;
        },
    };
    viewed();
})();
