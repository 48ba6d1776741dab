/* The API reference: Swagger UI for one document of /openapi/v3, asking as who is signed in to the pages. */
(async () => {
  const place = document.getElementById("api-reference");
  const cookie = (name) =>
    document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) || "";

  // Swagger UI has a dark look of its own, chosen by a class.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const chosen = document.documentElement.dataset.bsTheme;
    document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : system.matches);
  };
  system.addEventListener("change", paint);
  paint();

  let spec;
  try {
    const answer = await fetch(place.dataset.document, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    spec = await answer.json();
  } catch {
    place.textContent = document.body.dataset.unreachable;
    return;
  }
  delete spec.security; // the session says who asks
  // For people a heading for each kind; the document itself has one for all, as Kubernetes' has.
  for (const item of Object.values(spec.paths)) {
    for (const operation of Object.values(item)) {
      const kind = operation["x-kubernetes-group-version-kind"];
      if (!kind) continue;
      operation.tags = [kind.kind];
      delete operation.responses["401"]; // told by "default", too
    }
  }

  // What Swagger UI leaves unsaid to screen readers, and out of the reach of keys.
  const mend = () => {
    for (const heading of place.querySelectorAll("h3")) heading.setAttribute("aria-level", "2");
    for (const heading of place.querySelectorAll("h4")) heading.setAttribute("aria-level", "3");
    for (const heading of place.querySelectorAll("h5")) heading.setAttribute("aria-level", "4");
    for (const box of place.querySelectorAll("pre, .model-box, table.headers")) box.tabIndex = 0;
    for (const button of place.querySelectorAll(".model-box-control:not([aria-label])")) {
      if (!button.textContent.trim()) button.setAttribute("aria-label", place.dataset.unfold);
    }
    for (const field of place.querySelectorAll("textarea, select, input")) {
      if (field.labels.length || field.hasAttribute("aria-label")) continue;
      const row = field.closest("tr")?.querySelector(".parameter__name");
      field.setAttribute("aria-label", row?.firstChild.textContent || field.placeholder || place.dataset.body);
    }
  };
  new MutationObserver(mend).observe(place, { childList: true, subtree: true });

  // The page has a title and a frame already: of Swagger UI's own layout only the operations are wanted.
  const layout = ({ React }) => ({
    components: {
      Reference: ({ getComponent }) => {
        const parts = [["SvgAssets"], ["FilterContainer", true], ["operations", true]];
        const drawn = parts.map((part) => React.createElement(getComponent(...part), { key: part[0] }));
        return React.createElement("div", { className: "swagger-ui" }, drawn);
      },
    },
  });
  SwaggerUIBundle({
    spec,
    domNode: place,
    plugins: [layout],
    layout: "Reference",
    docExpansion: "none",
    filter: true,
    tagsSorter: "alpha",
    defaultModelRendering: "model",
    defaultModelExpandDepth: 1,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    parameterMacro: (operation, parameter) =>
      parameter.in === "path" && parameter.name === "namespace" ? place.dataset.namespace : parameter.default,
    requestInterceptor: (request) => {
      // Behind the back of the curl line that is shown, which is for a terminal with a token.
      request.userFetch = (url, options) => {
        const isOurs = new URL(url, location.href).origin === location.origin;
        const headers = isOurs ? { ...options.headers, "X-CSRFToken": cookie("csrftoken") } : options.headers;
        return fetch(url, { ...options, headers });
      };
      return request;
    },
  });
})();
