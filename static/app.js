// What htmx does not do by itself: menus, notices, copying, filtering of lists, ticking times, politeness of refreshes.
// Every page works without it. Events of htmx are listened to here and nowhere else.
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

  // What only works with scripts is hidden until here.
  function reveal(root = document) {
    for (const element of all("[data-copy], [data-filter], [data-close-notice]", root)) element.hidden = false;
    for (const notice of all(".notice-success, .notice-info", root)) setTimeout(() => notice.remove(), 7000);
    tabs(root);
    tick();
  }

  // --- menus: one open at a time; Escape and a click elsewhere close it
  function closeMenus(except) {
    for (const menu of all("details[data-menu][open]")) if (menu !== except) menu.open = false;
  }
  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    const refused = event.target.closest("[aria-disabled='true']");
    if (refused) event.preventDefault();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyFrom(copy);
    event.target.closest("[data-close-notice]")?.closest("[data-notice]").remove();
    const theme = event.target.closest("[data-themes] button");
    if (theme) chooseTheme(theme, event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    closeMenus();
    menu?.querySelector("summary").focus();
    if (location.hash === "#menu") location.hash = "#";
  });

  // --- the theme changes in place: a reload would take away what is being typed
  function chooseTheme(button, event) {
    event.preventDefault();
    const root = document.documentElement;
    if (button.value === "auto") root.removeAttribute("data-bs-theme");
    else root.dataset.bsTheme = button.value;
    document.cookie = `portal_theme=${button.value}; path=/; max-age=31536000; samesite=lax`;
    for (const other of all("button", button.form)) other.setAttribute("aria-pressed", String(other === button));
    const use = button.closest("details").querySelector("summary use");
    use.setAttribute("href", button.querySelector("use").getAttribute("href"));
    closeMenus();
  }

  async function copyFrom(button) {
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    say(button.dataset.copied);
    const use = button.querySelector("use");
    const before = use.getAttribute("href");
    use.setAttribute("href", before.replace(/#.*/, "#check"));
    setTimeout(() => use.setAttribute("href", before), 1500);
  }

  function say(text) {
    document.getElementById("said").textContent = text;
  }

  // --- lists that are filtered where they are
  document.addEventListener("input", (event) => {
    const list = event.target.dataset.filter && document.querySelector(event.target.dataset.filter);
    if (!list) return;
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const item of list.children) {
      item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
    }
    event.stopPropagation();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.dataset.filter) event.preventDefault(); // it is no field of the form around it
  });

  // --- tabs within a page: without scripts all panels are shown
  function tabs(root) {
    for (const list of all("[role='tablist']", root)) {
      if (list.dataset.ready) continue;
      list.dataset.ready = "yes";
      list.hidden = false;
      const buttons = all("[role='tab']", list);
      const show = (chosen) => {
        for (const button of buttons) {
          const is = button === chosen;
          button.setAttribute("aria-selected", String(is));
          button.tabIndex = is ? 0 : -1;
          document.getElementById(button.getAttribute("aria-controls")).hidden = !is;
        }
      };
      list.addEventListener("click", (event) => {
        const button = event.target.closest("[role='tab']");
        if (button) show(button);
      });
      list.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
        show(next);
        next.focus();
      });
      show(buttons.find((button) => button.getAttribute("aria-selected") === "true") || buttons[0]);
    }
  }

  // --- the form that checks itself: which fields were touched, so that others are not complained about
  document.addEventListener("input", (event) => {
    const touched = event.target.form?.elements.namedItem("touched");
    if (!touched || !event.target.name) return;
    const names = new Set(touched.value.split(",").filter(Boolean));
    names.add(event.target.name);
    touched.value = [...names].join(",");
  });
  document.addEventListener("submit", (event) => {
    const token = event.target.elements.namedItem("csrfmiddlewaretoken");
    if (token && cookie("csrftoken")) token.value = cookie("csrftoken"); // another tab may have signed in again
  });
  // What was chosen in a menu is being done: the menu goes, its button has the focus again.
  document.addEventListener("htmx:beforeSend", (event) => {
    const menu = event.detail.elt.closest("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("htmx:configRequest", (event) => {
    if (cookie("csrftoken")) event.detail.headers["X-CSRFToken"] = cookie("csrftoken");
  });

  // --- times that count on
  function tick() {
    const now = Date.now();
    for (const time of all("time[data-ticking]")) {
      const seconds = Math.max(0, Math.round((now - Date.parse(time.dateTime)) / 1000));
      if (seconds < 120) time.textContent = `${seconds}s`;
      else if (seconds < 600) time.textContent = `${Math.floor(seconds / 60)}m${seconds % 60}s`;
    }
  }
  setInterval(tick, 1000);

  // --- refreshes: not of what one is in, not while nobody looks, not when signed out
  document.addEventListener("htmx:beforeRequest", (event) => {
    const element = event.detail.elt;
    if (!element.hasAttribute("data-refresh")) return;
    const isUsed = element.contains(document.activeElement) && element.dataset.refresh === "row";
    if (isUsed || document.hidden || document.querySelector("[data-signed-out]")) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.querySelector("[data-signed-out]")?.closest(".notice").remove();
  });
  const before = new Map(); // id -> what was said of it, so that only news is told
  document.addEventListener("htmx:beforeSwap", (event) => {
    const live = event.detail.target;
    if (live?.id && live.dataset.said) before.set(live.id, live.dataset.said);
  });
  // Fields are never swapped, so their mark of being wrong follows the slot beside them.
  document.addEventListener("htmx:oobAfterSwap", () => {
    for (const slot of all(".error-slot")) {
      const isWrong = slot.textContent.trim() !== "";
      for (const field of all(`[aria-describedby~="${slot.id}"]`)) {
        if (isWrong) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
      }
    }
    reveal();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const live = event.detail.elt;
    if (live?.id && before.has(live.id) && live.dataset.said && live.dataset.said !== before.get(live.id)) say(live.dataset.said);
    reveal(live);
  });
  document.addEventListener("htmx:sendError", () => notice(document.body.dataset.unreachable));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) notice(document.body.dataset.broken);
  });

  function notice(text) {
    const box = document.getElementById("notices");
    if (box.querySelector("[data-trouble]")) return;
    const made = document.createElement("div");
    made.className = "notice notice-error";
    made.dataset.trouble = "";
    made.textContent = text;
    box.append(made);
    setTimeout(() => made.remove(), 8000);
  }

  // Morphing keeps what a person opened.
  if (window.Idiomorph) {
    window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");
  }

  reveal();
})();
