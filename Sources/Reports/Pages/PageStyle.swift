/// How pages look: system fonts, a light and a dark theme, narrow screens, paper.
enum PageStyle {
    static let css = [colors, frame, parts, darkFigures, tables, gallery, narrow, paper].joined(
        separator: "\n")

    private static let colors = """
        :root { --ground: #f3f5f7; --card: #ffffff; --ink: #1b1f24; --muted: #57606a;
          --line: #d9dee3; --accent: #1f5bb5; --bar: #7aa7dc; --good: #14692d; --good-ground: #dcf3e2;
          --bad: #a11b12; --bad-ground: #fde3e0; --warning: #7a4b00; --warning-ground: #fdecc8;
          --plain-ground: #e8ecf0; color-scheme: light dark; }
        @media screen and (prefers-color-scheme: dark) {
          :root { --ground: #101112; --card: #1a1a1a; --ink: #e9ebee; --muted: #a7adb4;
            --line: #333639; --accent: #86b4f5; --bar: #3d6ea8; --good: #7ee2a0;
            --good-ground: #10371f; --bad: #ffaaa2; --bad-ground: #4a1613; --warning: #f5cf85;
            --warning-ground: #402c05; --plain-ground: #303438; } }
        """

    /// Figures are drawn for white; inverted, with their hues turned back, they suit the dark.
    private static let darkFigures = """
        @media screen and (prefers-color-scheme: dark) {
          figure svg { filter: invert(0.9) hue-rotate(180deg); } }
        """

    private static let frame = """
        * { box-sizing: border-box; }
        html { scroll-padding-top: 4rem; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui,
          -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
        main { max-width: 1200px; margin: 0 auto; padding: 0 24px 64px; }
        nav { position: sticky; top: 0; z-index: 1; display: flex; gap: 24px; align-items: center;
          padding: 0 max(24px, calc(50vw - 576px)); background: var(--card);
          border-bottom: 1px solid var(--line); }
        nav ul { display: flex; gap: 4px; margin: 0; padding: 0; list-style: none;
          overflow-x: auto; scrollbar-width: none; }
        nav a { display: block; padding: 12px 8px; color: var(--muted); text-decoration: none;
          white-space: nowrap; font-size: 15px; }
        nav a:hover { color: var(--accent); }
        nav .home { padding-left: 0; color: var(--ink); font-weight: 600; }
        a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent);
          outline-offset: -2px; }
        header { padding: 36px 0 4px; }
        section { padding-top: 36px; }
        h1 { margin: 0 0 10px; font-size: 30px; line-height: 1.2; letter-spacing: -0.01em;
          overflow-wrap: anywhere; }
        h2 { margin: 0 0 14px; font-size: 22px; line-height: 1.3; overflow-wrap: anywhere; }
        h3 { margin: 28px 0 10px; font-size: 17px; overflow-wrap: anywhere; }
        p { margin: 0 0 12px; max-width: 100ch; overflow-wrap: anywhere; }
        .note { color: var(--muted); font-size: 15px; }
        .subtitle { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center;
          margin: 0 0 20px; color: var(--muted); max-width: none; }
        """

    private static let parts = """
        .card { margin: 0; background: var(--card); border: 1px solid var(--line);
          border-radius: 10px; }
        figure.card { padding: 8px; }
        figure.wide { overflow-x: auto; }
        .on-narrow { display: none; }
        details > summary { padding: 12px 16px; cursor: pointer; font-weight: 600;
          border-radius: 10px; overflow-wrap: anywhere; }
        details > summary:hover { color: var(--accent); }
        .opened { padding: 4px 16px 16px; }
        .opened > :first-child { margin-top: 4px; }
        .opened > .card { border-width: 1px 0 0; border-radius: 0; }
        .opened h3 { margin-top: 20px; }
        .stack + details, .gallery + details { margin-top: 16px; }
        .pairs { margin: 0; padding: 4px 16px; }
        .opened > .pairs { padding: 0; }
        .pairs div { display: grid; gap: 2px 16px; padding: 8px 0;
          grid-template-columns: minmax(8rem, 14rem) minmax(0, 1fr);
          border-top: 1px solid var(--line); }
        .pairs div:first-child { border-top: 0; }
        .pairs dt { color: var(--muted); overflow-wrap: break-word; }
        .pairs dd { margin: 0; overflow-wrap: anywhere; }
        figure svg { display: block; width: 100%; height: auto; max-height: 44rem;
          margin: 0 auto; }
        .columns { display: grid; gap: 16px; align-items: start; margin-bottom: 16px;
          grid-template-columns: repeat(auto-fit, minmax(min(100%, 500px), 1fr)); }
        .columns.uneven { grid-template-columns: minmax(0, 1.55fr) minmax(0, 1fr); }
        .columns.narrow { grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); }
        .columns:last-child { margin-bottom: 0; }
        .stack { display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr); }
        .tiles { display: grid; gap: 12px; margin: 0 0 16px;
          grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
        .tiles div { padding: 11px 14px; background: var(--card); border: 1px solid var(--line);
          border-radius: 10px; }
        .tiles dt { color: var(--muted); font-size: 14px; overflow-wrap: anywhere; }
        .tiles dd { margin: 2px 0 0; font-size: 20px; font-weight: 600; line-height: 1.3;
          font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .badge { display: inline-block; padding: 1px 9px; border-radius: 99px; font-size: 14px;
          font-weight: 600; white-space: nowrap; }
        .badge.good { color: var(--good); background: var(--good-ground); }
        .badge.bad { color: var(--bad); background: var(--bad-ground); }
        .badge.warning { color: var(--warning); background: var(--warning-ground); }
        .badge.plain { color: var(--ink); background: var(--plain-ground); }
        .failure { padding: 12px 16px; border-left: 4px solid var(--bad); border-radius: 4px;
          color: var(--bad); background: var(--bad-ground); max-width: none;
          font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 15px; }
        .facts > span { margin-right: 14px; overflow-wrap: anywhere; }
        .facts b { font-weight: 500; }
        .label { color: var(--muted); }
        code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
          font-size: 0.9em; overflow-wrap: anywhere; }
        """

    private static let tables = """
        .table { overflow-x: auto; padding: 2px 0 6px; }
        table { width: 100%; border-collapse: collapse; font-size: 15px; }
        caption { padding: 10px 16px 6px; text-align: left; font-weight: 600; }
        th, td { padding: 7px 8px; text-align: left; vertical-align: top;
          border-top: 1px solid var(--line); overflow-wrap: break-word; }
        tr > :first-child { padding-left: 16px; }
        tr > :last-child { padding-right: 16px; }
        .long { overflow-wrap: anywhere; min-width: 12rem; }
        thead th { border-top: 0; color: var(--muted); font-weight: 500; font-size: 14px;
          vertical-align: bottom; white-space: nowrap; }
        tbody th { font-weight: 500; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        tr.best > * { background: var(--good-ground); }
        tr.muted > * { color: var(--muted); }
        .track { display: block; min-width: 120px; height: 10px; margin-top: 6px;
          border-radius: 3px; background: var(--plain-ground); }
        .track span { display: block; height: 100%; min-width: 2px; border-radius: 3px;
          background: var(--bar); }
        """

    private static let gallery = """
        .gallery { display: grid; gap: 12px; margin: 0; padding: 0; list-style: none;
          grid-template-columns: repeat(auto-fill, minmax(124px, 1fr)); }
        .gallery li { padding: 10px; text-align: center; font-size: 14px; line-height: 1.45;
          overflow-wrap: anywhere; }
        .gallery img, .gallery .blank { display: block; width: 84px; height: 84px;
          margin: 0 auto 8px; border-radius: 4px; object-fit: contain; background: #000000;
          image-rendering: pixelated; }
        .gallery .blank { background: var(--plain-ground); line-height: 84px;
          color: var(--muted); }
        .gallery b { font-size: 15px; }
        .gallery .label { display: block; }
        """

    private static let narrow = """
        @media screen and (max-width: 1100px) {
          .columns.uneven { grid-template-columns: minmax(0, 1fr); } }
        @media screen and (max-width: 640px) {
          main { padding: 0 12px 48px; } nav { padding: 0 12px; gap: 8px; }
          header { padding-top: 24px; } section { padding-top: 28px; } h1 { font-size: 25px; }
          figure.card { padding: 4px; overflow-x: auto; }
          .on-wide { display: none; } .on-narrow { display: block; min-width: 320px; }
          .on-narrow svg { max-height: none; }
          .opened { padding: 0 12px 12px; } details > summary { padding: 12px; }
          .pairs { padding: 4px 12px; }
          .pairs div { grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 2px 12px; }
          .tiles dd { font-size: 18px; } .tiles div { padding: 8px 12px; }
          .tiles { gap: 8px; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); }
          .gallery { gap: 8px; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); }
          .gallery li { padding: 8px 4px; }
          th, td { padding: 6px 5px; }
          tr > :first-child { padding-left: 12px; } tr > :last-child { padding-right: 12px; }
          .long { min-width: 0; } .table { padding-bottom: 2px; }
          .stacks table, .stacks tbody, .stacks th, .stacks caption { display: block; }
          .stacks thead { display: none; }
          .stacks tr { display: flex; flex-direction: column; padding: 9px 12px;
            border-top: 1px solid var(--line); }
          .stacks tr.best { background: var(--good-ground); } .stacks tr.best > * { background: none; }
          .stacks tbody th { order: -1; } .aside { display: none; }
          .stacks tr > * { padding: 1px 0; border: 0; text-align: left; white-space: normal; }
          .stacks tbody th { padding-bottom: 3px; font-weight: 600; }
          .stacks td { display: grid; gap: 0 12px; align-items: baseline;
            grid-template-columns: minmax(0, 2fr) minmax(0, 5fr); }
          .stacks td::before { content: attr(data-label); color: var(--muted); font-size: 14px; } }
        """

    private static let paper = """
        @media print {
          :root { --ground: #ffffff; --card: #ffffff; --ink: #000000; --muted: #444444; }
          nav { display: none; } main { max-width: none; padding: 0; }
          section { padding-top: 20px; } h2, h3, caption { break-after: avoid; }
          figure, tr, .tiles div, .gallery li { break-inside: avoid; }
          .table, figure.wide { overflow: visible; }
          details::details-content { content-visibility: visible; display: block; height: auto; }
          details > .opened { display: block; } summary { list-style: none; }
          .badge, .track, .track span, tr.best > *, figure, img { print-color-adjust: exact; } }
        """
}
