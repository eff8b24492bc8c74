// Made by `make page`. Modules: 1234ed32204c10550b12d912e27f5e6c; script: cd4657458e14b5357bb36d6092761cf5.
// vendor/htm-preact.js
var e;
var n;
var _;
var t;
var o;
var r;
var u;
var l = {};
var i = [];
var c = /acit|ex(?:s|g|n|p|$)|rph|grid|ows|mnc|ntw|ine[ch]|zoo|^ord|itera/i;
function s(e2, n2) {
  for (var _2 in n2) e2[_2] = n2[_2];
  return e2;
}
function f(e2) {
  var n2 = e2.parentNode;
  n2 && n2.removeChild(e2);
}
function a(n2, _2, t2) {
  var o2, r2, u2, l2 = {};
  for (u2 in _2) "key" == u2 ? o2 = _2[u2] : "ref" == u2 ? r2 = _2[u2] : l2[u2] = _2[u2];
  if (arguments.length > 2 && (l2.children = arguments.length > 3 ? e.call(arguments, 2) : t2), "function" == typeof n2 && null != n2.defaultProps) for (u2 in n2.defaultProps) void 0 === l2[u2] && (l2[u2] = n2.defaultProps[u2]);
  return p(n2, l2, o2, r2, null);
}
function p(e2, t2, o2, r2, u2) {
  var l2 = { type: e2, props: t2, key: o2, ref: r2, __k: null, __: null, __b: 0, __e: null, __d: void 0, __c: null, __h: null, constructor: void 0, __v: null == u2 ? ++_ : u2 };
  return null != n.vnode && n.vnode(l2), l2;
}
function h(e2) {
  return e2.children;
}
function d(e2, n2) {
  this.props = e2, this.context = n2;
}
function v(e2, n2) {
  if (null == n2) return e2.__ ? v(e2.__, e2.__.__k.indexOf(e2) + 1) : null;
  for (var _2; n2 < e2.__k.length; n2++) if (null != (_2 = e2.__k[n2]) && null != _2.__e) return _2.__e;
  return "function" == typeof e2.type ? v(e2) : null;
}
function y(e2) {
  var n2, _2;
  if (null != (e2 = e2.__) && null != e2.__c) {
    for (e2.__e = e2.__c.base = null, n2 = 0; n2 < e2.__k.length; n2++) if (null != (_2 = e2.__k[n2]) && null != _2.__e) {
      e2.__e = e2.__c.base = _2.__e;
      break;
    }
    return y(e2);
  }
}
function m(e2) {
  (!e2.__d && (e2.__d = true) && t.push(e2) && !g.__r++ || r !== n.debounceRendering) && ((r = n.debounceRendering) || o)(g);
}
function g() {
  for (var e2; g.__r = t.length; ) e2 = t.sort(function(e3, n2) {
    return e3.__v.__b - n2.__v.__b;
  }), t = [], e2.some(function(e3) {
    var n2, _2, t2, o2, r2, u2;
    e3.__d && (r2 = (o2 = (n2 = e3).__v).__e, (u2 = n2.__P) && (_2 = [], (t2 = s({}, o2)).__v = o2.__v + 1, P(u2, o2, t2, n2.__n, void 0 !== u2.ownerSVGElement, null != o2.__h ? [r2] : null, _2, null == r2 ? v(o2) : r2, o2.__h), D(_2, o2), o2.__e != r2 && y(o2)));
  });
}
function k(e2, n2, _2, t2, o2, r2, u2, c2, s2, f2) {
  var a2, d2, y2, m2, g2, k2, x2, H2 = t2 && t2.__k || i, E2 = H2.length;
  for (_2.__k = [], a2 = 0; a2 < n2.length; a2++) if (null != (m2 = _2.__k[a2] = null == (m2 = n2[a2]) || "boolean" == typeof m2 ? null : "string" == typeof m2 || "number" == typeof m2 || "bigint" == typeof m2 ? p(null, m2, null, null, m2) : Array.isArray(m2) ? p(h, { children: m2 }, null, null, null) : m2.__b > 0 ? p(m2.type, m2.props, m2.key, null, m2.__v) : m2)) {
    if (m2.__ = _2, m2.__b = _2.__b + 1, null === (y2 = H2[a2]) || y2 && m2.key == y2.key && m2.type === y2.type) H2[a2] = void 0;
    else for (d2 = 0; d2 < E2; d2++) {
      if ((y2 = H2[d2]) && m2.key == y2.key && m2.type === y2.type) {
        H2[d2] = void 0;
        break;
      }
      y2 = null;
    }
    P(e2, m2, y2 = y2 || l, o2, r2, u2, c2, s2, f2), g2 = m2.__e, (d2 = m2.ref) && y2.ref != d2 && (x2 || (x2 = []), y2.ref && x2.push(y2.ref, null, m2), x2.push(d2, m2.__c || g2, m2)), null != g2 ? (null == k2 && (k2 = g2), "function" == typeof m2.type && null != m2.__k && m2.__k === y2.__k ? m2.__d = s2 = b(m2, s2, e2) : s2 = C(e2, m2, y2, H2, g2, s2), f2 || "option" !== _2.type ? "function" == typeof _2.type && (_2.__d = s2) : e2.value = "") : s2 && y2.__e == s2 && s2.parentNode != e2 && (s2 = v(y2));
  }
  for (_2.__e = k2, a2 = E2; a2--; ) null != H2[a2] && ("function" == typeof _2.type && null != H2[a2].__e && H2[a2].__e == _2.__d && (_2.__d = v(t2, a2 + 1)), U(H2[a2], H2[a2]));
  if (x2) for (a2 = 0; a2 < x2.length; a2++) T(x2[a2], x2[++a2], x2[++a2]);
}
function b(e2, n2, _2) {
  var t2, o2;
  for (t2 = 0; t2 < e2.__k.length; t2++) (o2 = e2.__k[t2]) && (o2.__ = e2, n2 = "function" == typeof o2.type ? b(o2, n2, _2) : C(_2, o2, o2, e2.__k, o2.__e, n2));
  return n2;
}
function C(e2, n2, _2, t2, o2, r2) {
  var u2, l2, i2;
  if (void 0 !== n2.__d) u2 = n2.__d, n2.__d = void 0;
  else if (null == _2 || o2 != r2 || null == o2.parentNode) e: if (null == r2 || r2.parentNode !== e2) e2.appendChild(o2), u2 = null;
  else {
    for (l2 = r2, i2 = 0; (l2 = l2.nextSibling) && i2 < t2.length; i2 += 2) if (l2 == o2) break e;
    e2.insertBefore(o2, r2), u2 = r2;
  }
  return void 0 !== u2 ? u2 : o2.nextSibling;
}
function x(e2, n2, _2) {
  "-" === n2[0] ? e2.setProperty(n2, _2) : e2[n2] = null == _2 ? "" : "number" != typeof _2 || c.test(n2) ? _2 : _2 + "px";
}
function H(e2, n2, _2, t2, o2) {
  var r2;
  e: if ("style" === n2) if ("string" == typeof _2) e2.style.cssText = _2;
  else {
    if ("string" == typeof t2 && (e2.style.cssText = t2 = ""), t2) for (n2 in t2) _2 && n2 in _2 || x(e2.style, n2, "");
    if (_2) for (n2 in _2) t2 && _2[n2] === t2[n2] || x(e2.style, n2, _2[n2]);
  }
  else if ("o" === n2[0] && "n" === n2[1]) r2 = n2 !== (n2 = n2.replace(/Capture$/, "")), n2 = n2.toLowerCase() in e2 ? n2.toLowerCase().slice(2) : n2.slice(2), e2.l || (e2.l = {}), e2.l[n2 + r2] = _2, _2 ? t2 || e2.addEventListener(n2, r2 ? S : E, r2) : e2.removeEventListener(n2, r2 ? S : E, r2);
  else if ("dangerouslySetInnerHTML" !== n2) {
    if (o2) n2 = n2.replace(/xlink[H:h]/, "h").replace(/sName$/, "s");
    else if ("href" !== n2 && "list" !== n2 && "form" !== n2 && "tabIndex" !== n2 && "download" !== n2 && n2 in e2) try {
      e2[n2] = null == _2 ? "" : _2;
      break e;
    } catch (e3) {
    }
    "function" == typeof _2 || (null != _2 && (false !== _2 || "a" === n2[0] && "r" === n2[1]) ? e2.setAttribute(n2, _2) : e2.removeAttribute(n2));
  }
}
function E(e2) {
  this.l[e2.type + false](n.event ? n.event(e2) : e2);
}
function S(e2) {
  this.l[e2.type + true](n.event ? n.event(e2) : e2);
}
function P(e2, _2, t2, o2, r2, u2, l2, i2, c2) {
  var f2, a2, p2, v2, y2, m2, g2, b2, C2, x2, H2, E2 = _2.type;
  if (void 0 !== _2.constructor) return null;
  null != t2.__h && (c2 = t2.__h, i2 = _2.__e = t2.__e, _2.__h = null, u2 = [i2]), (f2 = n.__b) && f2(_2);
  try {
    e: if ("function" == typeof E2) {
      if (b2 = _2.props, C2 = (f2 = E2.contextType) && o2[f2.__c], x2 = f2 ? C2 ? C2.props.value : f2.__ : o2, t2.__c ? g2 = (a2 = _2.__c = t2.__c).__ = a2.__E : ("prototype" in E2 && E2.prototype.render ? _2.__c = a2 = new E2(b2, x2) : (_2.__c = a2 = new d(b2, x2), a2.constructor = E2, a2.render = A), C2 && C2.sub(a2), a2.props = b2, a2.state || (a2.state = {}), a2.context = x2, a2.__n = o2, p2 = a2.__d = true, a2.__h = []), null == a2.__s && (a2.__s = a2.state), null != E2.getDerivedStateFromProps && (a2.__s == a2.state && (a2.__s = s({}, a2.__s)), s(a2.__s, E2.getDerivedStateFromProps(b2, a2.__s))), v2 = a2.props, y2 = a2.state, p2) null == E2.getDerivedStateFromProps && null != a2.componentWillMount && a2.componentWillMount(), null != a2.componentDidMount && a2.__h.push(a2.componentDidMount);
      else {
        if (null == E2.getDerivedStateFromProps && b2 !== v2 && null != a2.componentWillReceiveProps && a2.componentWillReceiveProps(b2, x2), !a2.__e && null != a2.shouldComponentUpdate && false === a2.shouldComponentUpdate(b2, a2.__s, x2) || _2.__v === t2.__v) {
          a2.props = b2, a2.state = a2.__s, _2.__v !== t2.__v && (a2.__d = false), a2.__v = _2, _2.__e = t2.__e, _2.__k = t2.__k, _2.__k.forEach(function(e3) {
            e3 && (e3.__ = _2);
          }), a2.__h.length && l2.push(a2);
          break e;
        }
        null != a2.componentWillUpdate && a2.componentWillUpdate(b2, a2.__s, x2), null != a2.componentDidUpdate && a2.__h.push(function() {
          a2.componentDidUpdate(v2, y2, m2);
        });
      }
      a2.context = x2, a2.props = b2, a2.state = a2.__s, (f2 = n.__r) && f2(_2), a2.__d = false, a2.__v = _2, a2.__P = e2, f2 = a2.render(a2.props, a2.state, a2.context), a2.state = a2.__s, null != a2.getChildContext && (o2 = s(s({}, o2), a2.getChildContext())), p2 || null == a2.getSnapshotBeforeUpdate || (m2 = a2.getSnapshotBeforeUpdate(v2, y2)), H2 = null != f2 && f2.type === h && null == f2.key ? f2.props.children : f2, k(e2, Array.isArray(H2) ? H2 : [H2], _2, t2, o2, r2, u2, l2, i2, c2), a2.base = _2.__e, _2.__h = null, a2.__h.length && l2.push(a2), g2 && (a2.__E = a2.__ = null), a2.__e = false;
    } else null == u2 && _2.__v === t2.__v ? (_2.__k = t2.__k, _2.__e = t2.__e) : _2.__e = w(t2.__e, _2, t2, o2, r2, u2, l2, c2);
    (f2 = n.diffed) && f2(_2);
  } catch (e3) {
    _2.__v = null, (c2 || null != u2) && (_2.__e = i2, _2.__h = !!c2, u2[u2.indexOf(i2)] = null), n.__e(e3, _2, t2);
  }
}
function D(e2, _2) {
  n.__c && n.__c(_2, e2), e2.some(function(_3) {
    try {
      e2 = _3.__h, _3.__h = [], e2.some(function(e3) {
        e3.call(_3);
      });
    } catch (e3) {
      n.__e(e3, _3.__v);
    }
  });
}
function w(n2, _2, t2, o2, r2, u2, i2, c2) {
  var s2, a2, p2, h2 = t2.props, d2 = _2.props, y2 = _2.type, m2 = 0;
  if ("svg" === y2 && (r2 = true), null != u2) {
    for (; m2 < u2.length; m2++) if ((s2 = u2[m2]) && (s2 === n2 || (y2 ? s2.localName == y2 : 3 == s2.nodeType))) {
      n2 = s2, u2[m2] = null;
      break;
    }
  }
  if (null == n2) {
    if (null === y2) return document.createTextNode(d2);
    n2 = r2 ? document.createElementNS("http://www.w3.org/2000/svg", y2) : document.createElement(y2, d2.is && d2), u2 = null, c2 = false;
  }
  if (null === y2) h2 === d2 || c2 && n2.data === d2 || (n2.data = d2);
  else {
    if (u2 = u2 && e.call(n2.childNodes), a2 = (h2 = t2.props || l).dangerouslySetInnerHTML, p2 = d2.dangerouslySetInnerHTML, !c2) {
      if (null != u2) for (h2 = {}, m2 = 0; m2 < n2.attributes.length; m2++) h2[n2.attributes[m2].name] = n2.attributes[m2].value;
      (p2 || a2) && (p2 && (a2 && p2.__html == a2.__html || p2.__html === n2.innerHTML) || (n2.innerHTML = p2 && p2.__html || ""));
    }
    if ((function(e2, n3, _3, t3, o3) {
      var r3;
      for (r3 in _3) "children" === r3 || "key" === r3 || r3 in n3 || H(e2, r3, null, _3[r3], t3);
      for (r3 in n3) o3 && "function" != typeof n3[r3] || "children" === r3 || "key" === r3 || "value" === r3 || "checked" === r3 || _3[r3] === n3[r3] || H(e2, r3, n3[r3], _3[r3], t3);
    })(n2, d2, h2, r2, c2), p2) _2.__k = [];
    else if (m2 = _2.props.children, k(n2, Array.isArray(m2) ? m2 : [m2], _2, t2, o2, r2 && "foreignObject" !== y2, u2, i2, u2 ? u2[0] : t2.__k && v(t2, 0), c2), null != u2) for (m2 = u2.length; m2--; ) null != u2[m2] && f(u2[m2]);
    c2 || ("value" in d2 && void 0 !== (m2 = d2.value) && (m2 !== n2.value || "progress" === y2 && !m2) && H(n2, "value", m2, h2.value, false), "checked" in d2 && void 0 !== (m2 = d2.checked) && m2 !== n2.checked && H(n2, "checked", m2, h2.checked, false));
  }
  return n2;
}
function T(e2, _2, t2) {
  try {
    "function" == typeof e2 ? e2(_2) : e2.current = _2;
  } catch (e3) {
    n.__e(e3, t2);
  }
}
function U(e2, _2, t2) {
  var o2, r2;
  if (n.unmount && n.unmount(e2), (o2 = e2.ref) && (o2.current && o2.current !== e2.__e || T(o2, null, _2)), null != (o2 = e2.__c)) {
    if (o2.componentWillUnmount) try {
      o2.componentWillUnmount();
    } catch (e3) {
      n.__e(e3, _2);
    }
    o2.base = o2.__P = null;
  }
  if (o2 = e2.__k) for (r2 = 0; r2 < o2.length; r2++) o2[r2] && U(o2[r2], _2, "function" != typeof e2.type);
  t2 || null == e2.__e || f(e2.__e), e2.__e = e2.__d = void 0;
}
function A(e2, n2, _2) {
  return this.constructor(e2, _2);
}
function M(_2, t2, o2) {
  var r2, u2, i2;
  n.__ && n.__(_2, t2), u2 = (r2 = "function" == typeof o2) ? null : o2 && o2.__k || t2.__k, i2 = [], P(t2, _2 = (!r2 && o2 || t2).__k = a(h, null, [_2]), u2 || l, l, void 0 !== t2.ownerSVGElement, !r2 && o2 ? [o2] : u2 ? null : t2.firstChild ? e.call(t2.childNodes) : null, i2, !r2 && o2 ? o2 : u2 ? u2.__e : t2.firstChild, r2), D(i2, _2);
}
e = i.slice, n = { __e: function(e2, n2) {
  for (var _2, t2, o2; n2 = n2.__; ) if ((_2 = n2.__c) && !_2.__) try {
    if ((t2 = _2.constructor) && null != t2.getDerivedStateFromError && (_2.setState(t2.getDerivedStateFromError(e2)), o2 = _2.__d), null != _2.componentDidCatch && (_2.componentDidCatch(e2), o2 = _2.__d), o2) return _2.__E = _2;
  } catch (n3) {
    e2 = n3;
  }
  throw e2;
} }, _ = 0, d.prototype.setState = function(e2, n2) {
  var _2;
  _2 = null != this.__s && this.__s !== this.state ? this.__s : this.__s = s({}, this.state), "function" == typeof e2 && (e2 = e2(s({}, _2), this.props)), e2 && s(_2, e2), null != e2 && this.__v && (n2 && this.__h.push(n2), m(this));
}, d.prototype.forceUpdate = function(e2) {
  this.__v && (this.__e = true, e2 && this.__h.push(e2), m(this));
}, d.prototype.render = h, t = [], o = "function" == typeof Promise ? Promise.prototype.then.bind(Promise.resolve()) : setTimeout, g.__r = 0, u = 0;
var L;
var N;
var W;
var R = 0;
var I = [];
var O = n.__b;
var V = n.__r;
var q = n.diffed;
var B = n.__c;
var $ = n.unmount;
function j(e2, _2) {
  n.__h && n.__h(N, e2, R || _2), R = 0;
  var t2 = N.__H || (N.__H = { __: [], __h: [] });
  return e2 >= t2.__.length && t2.__.push({}), t2.__[e2];
}
function G(e2) {
  return R = 1, z(ie, e2);
}
function z(e2, n2, _2) {
  var t2 = j(L++, 2);
  return t2.t = e2, t2.__c || (t2.__ = [_2 ? _2(n2) : ie(void 0, n2), function(e3) {
    var n3 = t2.t(t2.__[0], e3);
    t2.__[0] !== n3 && (t2.__ = [n3, t2.__[1]], t2.__c.setState({}));
  }], t2.__c = N), t2.__;
}
function J(e2, _2) {
  var t2 = j(L++, 3);
  !n.__s && le(t2.__H, _2) && (t2.__ = e2, t2.__H = _2, N.__H.__h.push(t2));
}
function K(e2, _2) {
  var t2 = j(L++, 4);
  !n.__s && le(t2.__H, _2) && (t2.__ = e2, t2.__H = _2, N.__h.push(t2));
}
function Q(e2) {
  return R = 5, Y(function() {
    return { current: e2 };
  }, []);
}
function Y(e2, n2) {
  var _2 = j(L++, 7);
  return le(_2.__H, n2) && (_2.__ = e2(), _2.__H = n2, _2.__h = e2), _2.__;
}
function te() {
  I.forEach(function(e2) {
    if (e2.__P) try {
      e2.__H.__h.forEach(re), e2.__H.__h.forEach(ue), e2.__H.__h = [];
    } catch (_2) {
      e2.__H.__h = [], n.__e(_2, e2.__v);
    }
  }), I = [];
}
n.__b = function(e2) {
  N = null, O && O(e2);
}, n.__r = function(e2) {
  V && V(e2), L = 0;
  var n2 = (N = e2.__c).__H;
  n2 && (n2.__h.forEach(re), n2.__h.forEach(ue), n2.__h = []);
}, n.diffed = function(e2) {
  q && q(e2);
  var _2 = e2.__c;
  _2 && _2.__H && _2.__H.__h.length && (1 !== I.push(_2) && W === n.requestAnimationFrame || ((W = n.requestAnimationFrame) || function(e3) {
    var n2, _3 = function() {
      clearTimeout(t2), oe && cancelAnimationFrame(n2), setTimeout(e3);
    }, t2 = setTimeout(_3, 100);
    oe && (n2 = requestAnimationFrame(_3));
  })(te)), N = void 0;
}, n.__c = function(e2, _2) {
  _2.some(function(e3) {
    try {
      e3.__h.forEach(re), e3.__h = e3.__h.filter(function(e4) {
        return !e4.__ || ue(e4);
      });
    } catch (t2) {
      _2.some(function(e4) {
        e4.__h && (e4.__h = []);
      }), _2 = [], n.__e(t2, e3.__v);
    }
  }), B && B(e2, _2);
}, n.unmount = function(e2) {
  $ && $(e2);
  var _2 = e2.__c;
  if (_2 && _2.__H) try {
    _2.__H.__.forEach(re);
  } catch (e3) {
    n.__e(e3, _2.__v);
  }
};
var oe = "function" == typeof requestAnimationFrame;
function re(e2) {
  var n2 = N;
  "function" == typeof e2.__c && e2.__c(), N = n2;
}
function ue(e2) {
  var n2 = N;
  e2.__c = e2.__(), N = n2;
}
function le(e2, n2) {
  return !e2 || e2.length !== n2.length || n2.some(function(n3, _2) {
    return n3 !== e2[_2];
  });
}
function ie(e2, n2) {
  return "function" == typeof n2 ? n2(e2) : n2;
}
var ce = function(e2, n2, _2, t2) {
  var o2;
  n2[0] = 0;
  for (var r2 = 1; r2 < n2.length; r2++) {
    var u2 = n2[r2++], l2 = n2[r2] ? (n2[0] |= u2 ? 1 : 2, _2[n2[r2++]]) : n2[++r2];
    3 === u2 ? t2[0] = l2 : 4 === u2 ? t2[1] = Object.assign(t2[1] || {}, l2) : 5 === u2 ? (t2[1] = t2[1] || {})[n2[++r2]] = l2 : 6 === u2 ? t2[1][n2[++r2]] += l2 + "" : u2 ? (o2 = e2.apply(l2, ce(e2, l2, _2, ["", null])), t2.push(o2), l2[0] ? n2[0] |= 2 : (n2[r2 - 2] = 0, n2[r2] = o2)) : t2.push(l2);
  }
  return t2;
};
var se = /* @__PURE__ */ new Map();
var fe = function(e2) {
  var n2 = se.get(this);
  return n2 || (n2 = /* @__PURE__ */ new Map(), se.set(this, n2)), (n2 = ce(this, n2.get(e2) || (n2.set(e2, n2 = (function(e3) {
    for (var n3, _2, t2 = 1, o2 = "", r2 = "", u2 = [0], l2 = function(e4) {
      1 === t2 && (e4 || (o2 = o2.replace(/^\s*\n\s*|\s*\n\s*$/g, ""))) ? u2.push(0, e4, o2) : 3 === t2 && (e4 || o2) ? (u2.push(3, e4, o2), t2 = 2) : 2 === t2 && "..." === o2 && e4 ? u2.push(4, e4, 0) : 2 === t2 && o2 && !e4 ? u2.push(5, 0, true, o2) : t2 >= 5 && ((o2 || !e4 && 5 === t2) && (u2.push(t2, 0, o2, _2), t2 = 6), e4 && (u2.push(t2, e4, 0, _2), t2 = 6)), o2 = "";
    }, i2 = 0; i2 < e3.length; i2++) {
      i2 && (1 === t2 && l2(), l2(i2));
      for (var c2 = 0; c2 < e3[i2].length; c2++) n3 = e3[i2][c2], 1 === t2 ? "<" === n3 ? (l2(), u2 = [u2], t2 = 3) : o2 += n3 : 4 === t2 ? "--" === o2 && ">" === n3 ? (t2 = 1, o2 = "") : o2 = n3 + o2[0] : r2 ? n3 === r2 ? r2 = "" : o2 += n3 : '"' === n3 || "'" === n3 ? r2 = n3 : ">" === n3 ? (l2(), t2 = 1) : t2 && ("=" === n3 ? (t2 = 5, _2 = o2, o2 = "") : "/" === n3 && (t2 < 5 || ">" === e3[i2][c2 + 1]) ? (l2(), 3 === t2 && (u2 = u2[0]), t2 = u2, (u2 = u2[0]).push(2, 0, t2), t2 = 0) : " " === n3 || "	" === n3 || "\n" === n3 || "\r" === n3 ? (l2(), t2 = 2) : o2 += n3), 3 === t2 && "!--" === o2 && (t2 = 4, u2 = u2[0]);
    }
    return l2(), u2;
  })(e2)), n2), arguments, [])).length > 1 ? n2 : n2[0];
}.bind(a);

// source/document.js
var FORMAT_VERSION = 2;
function read(told2) {
  if (told2?.format !== "manyheads.explorer" || told2.format_version !== FORMAT_VERSION) {
    throw new Error(`this page reads documents of version ${FORMAT_VERSION}, not ${told2?.format_version}`);
  }
  return {
    value_sizes: {},
    effects: null,
    effect: "",
    calculations: [],
    off: [],
    written: null,
    meaning: null,
    answer: { what: "states", words: [], labels: [] },
    ...told2
  };
}

// source/colours.js
var ramps = {
  light: ["#fffefb", "#dce9ea", "#a9cdd6", "#6aa9c6", "#3680b0", "#1f558c", "#13294f"],
  dark: ["#141a26", "#1b325f", "#21548d", "#2c7dac", "#5fa8be", "#a5d0cd", "#f7f3de"]
};
var signed = {
  light: ["#8a3b00", "#c96a1f", "#eab27c", "#fffefb", "#96bfdb", "#3d82b8", "#123f73"],
  dark: ["#ffb26b", "#c9762d", "#6f4220", "#141a26", "#1e4a73", "#3b8bc4", "#a6dcff"]
};
var darkTheme = matchMedia("(prefers-color-scheme: dark)");
var palettes = {
  light: { weights: palette(ramps.light), signed: palette(signed.light) },
  dark: { weights: palette(ramps.dark), signed: palette(signed.dark) }
};
function palette(ramp) {
  const stops = ramp.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  return Array.from({ length: 256 }, (_2, step) => {
    const place = step / 255 * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const mixed = stops[below].map((low, part) => Math.round(low + (stops[below + 1][part] - low) * (place - below)));
    return `rgb(${mixed.join(",")})`;
  });
}
function channels(colour) {
  return (colour.match(/\d+/g) ?? []).map(Number);
}
var inks = Object.fromEntries(Object.entries(palettes).map(([name, { weights, signed: both }]) => [name, { weights: weights.map(inkOn), signed: both.map(inkOn) }]));
function inkOn(colour) {
  const [red, green, blue] = channels(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? "#000000" : "#ffffff";
}
function theme(onPaper = false) {
  const dark = darkTheme.matches && !onPaper;
  const { weights, signed: both } = palettes[dark ? "dark" : "light"];
  const ink = inks[dark ? "dark" : "light"];
  const share = (value) => Math.round(Math.max(0, Math.min(1, value)) * 255);
  return {
    /** @param {number} value from 0 to 1 */
    weight: (value) => weights[share(value)],
    /** @param {number} value from -1 to 1 */
    signed: (value) => both[share((value + 1) / 2)],
    ramp: `linear-gradient(to right, ${ramps[dark ? "dark" : "light"].join(", ")})`,
    signedRamp: `linear-gradient(to right, ${signed[dark ? "dark" : "light"].join(", ")})`,
    /** Ink that can be read on a weight's colour. @param {number} value */
    inkOn: (value) => ink.weights[share(value)],
    /** @param {number} value */
    inkOnSigned: (value) => ink.signed[share((value + 1) / 2)],
    paper: dark ? "#141a26" : onPaper ? "#ffffff" : "#fffefb",
    ink: dark ? "#e8eaef" : "#1a2133",
    quiet: dark ? "#9aa4b6" : "#586074",
    rule: dark ? "#2b3446" : "#dcd8cc",
    accent: dark ? "#8ec5e8" : "#1b568f",
    line: dark ? [142, 197, 232] : [27, 86, 143]
  };
}
var RIBBONS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6a00", "#6b5ca5"];

// source/numbers.js
function fromBase64(text) {
  const native = (
    /** @type {any} */
    Uint8Array.fromBase64
  );
  if (native) return native.call(Uint8Array, text);
  const letters = atob(text.trim());
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  return bytes;
}
async function inflate(packed) {
  if (!("DecompressionStream" in globalThis)) {
    throw new Error("this browser is too old to unpack the weights: one from 2023 or later can");
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
var SHARES = Float32Array.from({ length: 256 }, (_2, byte) => (byte / 255) ** 2);
async function unpack({ dtype, shape, data }) {
  const bytes = woven(await inflate(fromBase64(data)), dtype === "float32" ? 4 : 2);
  const values = dtype === "float32" ? new Float32Array(bytes.buffer) : halves(new Uint16Array(bytes.buffer));
  const count = shape.reduce((product2, axis) => product2 * axis, 1);
  if (values.length !== count) throw new Error(`${values.length} numbers where ${count} belong`);
  return { shape, values };
}
function woven(planes, width) {
  const bytes = new Uint8Array(planes.length);
  const count = planes.length / width;
  for (let part = 0; part < width; part++) {
    for (let place = 0; place < count; place++) bytes[place * width + part] = planes[part * count + place];
  }
  return bytes;
}
function halves(bits) {
  const values = new Float32Array(bits.length);
  for (let place = 0; place < bits.length; place++) {
    const half = bits[place];
    const exponent = half >> 10 & 31;
    const fraction = half & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? fraction ? NaN : Infinity : (1 + fraction / 1024) * 2 ** (exponent - 15);
    values[place] = half & 32768 ? -size : size;
  }
  return values;
}
function rowOf({ shape, values }, row) {
  const width = shape[shape.length - 1];
  return values.subarray(row * width, (row + 1) * width);
}
function dot(one, other) {
  let sum = 0;
  for (let place = 0; place < one.length; place++) sum += one[place] * other[place];
  return sum;
}
function softmax(scores) {
  const shares2 = Float32Array.from(scores);
  const top = shares2.reduce((most, score) => Math.max(most, score), -Infinity);
  let sum = 0;
  for (let place = 0; place < shares2.length; place++) sum += shares2[place] = Math.exp(shares2[place] - top);
  return shares2.map((share) => share / sum);
}
function weighted(shares2, values) {
  const sum = new Float32Array(values.shape[1]);
  for (let row = 0; row < values.shape[0]; row++) {
    const numbers = rowOf(values, row);
    for (let place = 0; place < sum.length; place++) sum[place] += shares2[row] * numbers[place];
  }
  return sum;
}
function digits(value) {
  if (!Number.isFinite(value)) return value === -Infinity ? "−∞" : String(value);
  const size = Math.abs(value);
  const text = size >= 100 ? size.toFixed(0) : size >= 10 ? size.toFixed(1) : size.toFixed(2);
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}
function fixed(value) {
  const size = Math.abs(value);
  const text = size > 0 && size < 5e-4 ? size.toPrecision(1) : size.toFixed(3);
  return (value < 0 ? "−" : "") + text;
}
function percent(share) {
  return share >= 0.9995 ? "100%" : share >= 0.1 ? `${(share * 100).toFixed(0)}%` : `${(share * 100).toFixed(1)}%`;
}

// source/pens.js
var FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
function font({ size = 13, bold = false } = {}) {
  return `${bold ? "600 " : ""}${size}px ${FAMILY}`;
}
function canvasPen(context) {
  return {
    rect(x2, y2, width, height, colour) {
      context.fillStyle = colour;
      context.fillRect(x2, y2, width, height);
    },
    frame(x2, y2, width, height, colour, line = 1) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.strokeRect(x2, y2, width, height);
    },
    curve([x2, y2], [endX, endY], colour, width, opacity) {
      context.globalAlpha = opacity;
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x2, y2);
      context.bezierCurveTo(x2 + (endX - x2) * 0.45, y2, x2 + (endX - x2) * 0.55, endY, endX, endY);
      context.stroke();
      context.globalAlpha = 1;
    },
    band(top, bottom, colour, opacity) {
      context.globalAlpha = opacity;
      context.fillStyle = colour;
      context.fill(new Path2D(bandPath(top, bottom)));
      context.globalAlpha = 1;
    },
    image(picture, x2, y2, width, height) {
      context.imageSmoothingEnabled = false;
      context.drawImage(picture, x2, y2, width, height);
    },
    text(text, x2, y2, { size, bold, align = "start", turn = 0, colour }) {
      context.save();
      context.translate(x2, y2);
      context.rotate(turn);
      context.font = font({ size, bold });
      context.textAlign = align;
      context.textBaseline = "middle";
      context.fillStyle = colour;
      context.fillText(text, 0, 0);
      context.restore();
    },
    width(text, how) {
      context.font = font(how);
      return context.measureText(text).width;
    }
  };
}
var measuring = (
  /** @type {CanvasRenderingContext2D} */
  document.createElement("canvas").getContext("2d")
);
function svgPen() {
  const drawn = [];
  const at = (value) => String(Math.round(value * 100) / 100);
  return {
    rect(x2, y2, width, height, colour) {
      drawn.push(`<rect x="${at(x2)}" y="${at(y2)}" width="${at(width)}" height="${at(height)}" fill="${colour}"/>`);
    },
    frame(x2, y2, width, height, colour, line = 1) {
      drawn.push(`<rect x="${at(x2)}" y="${at(y2)}" width="${at(width)}" height="${at(height)}" fill="none" stroke="${colour}" stroke-width="${at(line)}"/>`);
    },
    curve([x2, y2], [endX, endY], colour, width, opacity) {
      const [first, second] = [x2 + (endX - x2) * 0.45, x2 + (endX - x2) * 0.55];
      drawn.push(`<path d="M${at(x2)} ${at(y2)}C${at(first)} ${at(y2)} ${at(second)} ${at(endY)} ${at(endX)} ${at(endY)}" fill="none" stroke="${colour}" stroke-width="${at(width)}" stroke-opacity="${opacity.toFixed(3)}"/>`);
    },
    band(top, bottom, colour, opacity) {
      drawn.push(`<path d="${bandPath(top, bottom)}" fill="${colour}" fill-opacity="${opacity.toFixed(3)}"/>`);
    },
    image(picture, x2, y2, width, height) {
      drawn.push(`<image x="${at(x2)}" y="${at(y2)}" width="${at(width)}" height="${at(height)}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${picture.toDataURL()}"/>`);
    },
    text(text, x2, y2, { size = 13, bold = false, align = "start", turn = 0, colour }) {
      const anchor = { start: "start", center: "middle", end: "end" }[align];
      const turned = turn ? ` transform="rotate(${at(turn * 180 / Math.PI)} ${at(x2)} ${at(y2)})"` : "";
      drawn.push(`<text x="${at(x2)}" y="${at(y2)}" font-size="${at(size)}" text-anchor="${anchor}" dominant-baseline="central" fill="${colour}"${bold ? ' font-weight="600"' : ""}${turned}>${escaped(text)}</text>`);
    },
    width(text, how) {
      measuring.font = font(how);
      return measuring.measureText(text).width;
    },
    svg(width, height, paper, title2) {
      return `<svg xmlns="http://www.w3.org/2000/svg" width="${at(width)}" height="${at(height)}" viewBox="0 0 ${at(width)} ${at(height)}" font-family="${FAMILY}" role="img"><title>${escaped(title2)}</title><rect width="100%" height="100%" fill="${paper}"/>${drawn.join("")}</svg>
`;
    }
  };
}
function bandPath([left, right, y2], [endLeft, endRight, endY]) {
  const middle = (y2 + endY) / 2;
  return `M${left} ${y2}L${right} ${y2}C${right} ${middle} ${endRight} ${middle} ${endRight} ${endY}L${endLeft} ${endY}C${endLeft} ${middle} ${left} ${middle} ${left} ${y2}Z`;
}
function escaped(text) {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
function prepare(canvas, width, height) {
  const ratio = Math.min(devicePixelRatio || 1, 8e3 / Math.max(width, height, 1));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = (
    /** @type {CanvasRenderingContext2D} */
    canvas.getContext("2d")
  );
  context.scale(ratio, ratio);
  return context;
}
function paintPixels(canvas, wide, high, channelsAt) {
  canvas.width = wide;
  canvas.height = high;
  const context = (
    /** @type {CanvasRenderingContext2D} */
    canvas.getContext("2d")
  );
  const picture = context.createImageData(wide, high);
  for (let place = 0; place < wide * high; place++) {
    picture.data.set(channelsAt(place), place * 4);
    picture.data[place * 4 + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}
var segmenter = new Intl.Segmenter();
function shorten(pen, text, room, how) {
  if (pen.width(text, how) <= room + 1) return text;
  const letters = [...segmenter.segment(text)].map((part) => part.segment);
  while (letters.length > 1 && pen.width(`${letters.join("")}…`, how) > room) letters.pop();
  return `${letters.join("")}…`;
}

// source/parts.js
function Choice({ name, title: title2, options, value, onChoose }) {
  return fe`<fieldset>
    <legend>${title2}</legend>
    ${options.map(([each, text]) => fe`<label key=${each}>
      <input type="radio" name=${name} value=${each} checked=${each === value} onChange=${() => onChoose(each)} />
      <span>${text}</span>
    </label>`)}
  </fieldset>`;
}
function submitOnEnter(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.currentTarget.requestSubmit();
}
function Token({ text }) {
  return fe`<bdi class="token">${text}</bdi>`;
}
function usePromise(ask, on) {
  const [state, setState] = G(
    /** @type {{ found: any, problem: Error | null }} */
    { found: null, problem: null }
  );
  K(() => {
    let wanted = true;
    ask().then(
      (found) => {
        if (wanted) setState({ found, problem: null });
      },
      (problem) => {
        if (wanted) setState({ found: null, problem });
      }
    );
    return () => {
      wanted = false;
    };
  }, on);
  return state;
}
function useRedraw(ref, draw) {
  const latest = Q(draw);
  latest.current = draw;
  J(() => {
    const again = () => latest.current();
    darkTheme.addEventListener("change", again);
    const watch = new ResizeObserver(() => requestAnimationFrame(again));
    if (ref.current) watch.observe(ref.current);
    return () => {
      darkTheme.removeEventListener("change", again);
      watch.disconnect();
    };
  }, []);
}
function Strip({ values, label, step, signed: signed2 = true, names, marked }) {
  const box = Q(
    /** @type {HTMLElement | null} */
    null
  );
  const [at, setAt] = G(
    /** @type {number | null} */
    null
  );
  const draw = () => {
    if (!box.current) return;
    const canvas = (
      /** @type {HTMLCanvasElement} */
      box.current.querySelector("canvas")
    );
    const width = box.current.clientWidth;
    const what = { values, signed: signed2, names, marked, at };
    drawStrip(canvasPen(prepare(canvas, width, stripHeight(width, what))), theme(), width, what);
    Object.assign(box.current, { values, what });
  };
  K(draw);
  useRedraw(box, draw);
  const under = (event) => {
    const bounds = (
      /** @type {HTMLElement} */
      box.current.getBoundingClientRect()
    );
    const place = Math.floor((event.clientX - bounds.left) / bounds.width * values.length);
    setAt(Math.max(0, Math.min(values.length - 1, place)));
  };
  const keys = (event) => {
    const step2 = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step2) return;
    event.preventDefault();
    setAt((before) => Math.max(0, Math.min(values.length - 1, (before ?? -1) + step2)));
  };
  const [least, largest] = range(values);
  const told2 = at === null ? `${values.length} numbers, from ${digits(least)} to ${digits(largest)}` : `${names ? names[at] : `number ${at + 1} of ${values.length}`}: ${digits(values[at])}`;
  return fe`<div class="strip">
    <div class="strip-label"><span>${label}</span><output aria-live="polite">${told2}</output></div>
    <div class="strip-cells" ref=${box} data-step=${step} tabindex="0" role="img" aria-label=${`${label}: ${told2}`}
      onPointerMove=${under} onPointerDown=${under} onPointerLeave=${() => setAt(null)} onKeyDown=${keys}><canvas></canvas></div>
  </div>`;
}
function strongest(values) {
  const sizes = values.filter(Number.isFinite).map(Math.abs).sort();
  const place = sizes.length > 64 ? Math.floor(sizes.length * 0.98) : sizes.length - 1;
  return Math.max(sizes[place] ?? 0, 1e-9);
}
function range(values) {
  let [least, largest] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  return [least, largest];
}
var HIGH = 28;
function stripHeight(width, { values, names }) {
  return HIGH + (names !== void 0 && width / values.length >= 30 ? 20 : 0);
}
function drawStrip(pen, colours2, width, { values, signed: signed2, names, marked, at }) {
  const wide = width / values.length;
  const named = names !== void 0 && wide >= 30;
  const gap = wide >= 6 ? 1 : 0;
  const most = strongest(values);
  values.forEach((value, place) => {
    const share = Number.isFinite(value) ? value / most : 0;
    pen.rect(place * wide, 0, wide - gap, HIGH, signed2 ? colours2.signed(share) : colours2.weight(share));
    const middle = (place + 0.5) * wide;
    if (named) pen.text(shorten(pen, names[place], wide - 4, { size: 11 }), middle, HIGH + 11, { size: 11, align: "center", colour: colours2.ink });
    if (wide < 34) return;
    const colour = signed2 ? colours2.inkOnSigned(share) : colours2.inkOn(share);
    pen.text(digits(value), middle, HIGH / 2, { size: wide < 40 ? 10 : 11, align: "center", colour });
  });
  if (marked) pen.frame(marked[0] * wide + 1, 1, (marked[1] - marked[0]) * wide - 2, HIGH - 2, colours2.ink, 2);
  if (at !== null) pen.frame(at * wide, 1, Math.max(wide - gap, 2), HIGH - 2, colours2.ink, 2);
}
function Sheet({ matrix, label }) {
  const box = Q(
    /** @type {HTMLElement | null} */
    null
  );
  const draw = () => {
    if (!box.current) return;
    paintSheet(
      /** @type {HTMLCanvasElement} */
      box.current.querySelector("canvas"),
      theme(),
      matrix
    );
    Object.assign(box.current, { matrix, label });
  };
  K(draw, [matrix]);
  useRedraw(box, draw);
  return fe`<figure class="sheet" ref=${box}>
    <canvas role="img" aria-label=${`${label}: ${matrix.shape.join(" by ")} numbers`}></canvas>
    <figcaption>${label} <span class="quiet">${matrix.shape.join(" × ")}</span></figcaption>
  </figure>`;
}
function paintSheet(canvas, colours2, matrix) {
  const [rows, columns] = matrix.shape;
  const most = strongest(matrix.values);
  const table = Array.from({ length: 256 }, (_2, step2) => channels(colours2.signed(step2 / 127.5 - 1)));
  const step = (value) => Math.round(Math.max(0, Math.min(1, (value / most + 1) / 2)) * 255);
  paintPixels(canvas, columns, rows, (place) => table[step(matrix.values[place])]);
}
function Bars({ words, label, chosen, onTake }) {
  const most = Math.max(...words.map(([, share]) => Math.abs(share)), 1e-9);
  return fe`<table class="bars" aria-label=${label}><tbody>
    ${words.map(([word, share], place) => fe`<tr key=${place} class=${word === chosen ? "chosen" : ""}>
      <th scope="row">${onTake ? fe`<button type="button" class="take" title="let the search go on from this one"
        onClick=${() => onTake(place)}><${Token} text=${word} /></button>` : fe`<${Token} text=${word} />`}</th>
      <td><span class="bar" style=${{ width: `${Math.abs(share) / most * 100}%` }}></span></td>
      <td class="number">${share > 0 && share < 5e-4 ? "< 0.001" : fixed(share)}</td>
    </tr>`)}
  </tbody></table>`;
}

// source/grid.js
var SIDE = 76;
function Grid({ maps, kind, onOpen }) {
  const { layers } = maps.described.kinds[kind];
  const effects = maps.described.effects?.[kind];
  const most = effects ? Math.max(...effects.flat(), 1e-9) : 1;
  return fe`<section class="card grid" aria-labelledby="grid-title">
    <h2 id="grid-title">Every head of ${kind} attention</h2>
    <p class="reads">${maps.described.kinds[kind].reads} The stronger the colour, the more.
      ${effects ? fe` The bar under a head: how much the result moves when it alone is switched off (${maps.described.effect}).` : ""}</p>
    ${Array.from({ length: layers }, (_2, layer) => fe`<${Layer} key=${`${kind}.${layer}`} maps=${maps} kind=${kind}
      layer=${layer} onOpen=${onOpen} effects=${effects?.[layer]} most=${most} />`)}
  </section>`;
}
function Layer({ maps, kind, layer, onOpen, effects, most }) {
  const row = Q(
    /** @type {HTMLElement | null} */
    null
  );
  const { rows, columns, heads } = maps.described.kinds[kind];
  const draw = async () => {
    const bytes = await maps.block(kind, layer);
    row.current?.querySelectorAll("canvas").forEach((canvas, head) => thumbnail(canvas, bytes.subarray(head * rows.length * columns.length), rows.length, columns.length));
  };
  J(() => {
    const watch = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting)) {
        watch.disconnect();
        draw().catch(() => {
        });
      }
    }, { rootMargin: "200px" });
    if (row.current) watch.observe(row.current);
    return () => watch.disconnect();
  }, []);
  useRedraw(row, () => {
    if (maps.blocks.has(`${kind}.${layer}`)) draw().catch(() => {
    });
  });
  return fe`<div class="grid-row" ref=${row} role="group" aria-label=${`Layer ${layer}`}>
    <h3>Layer ${layer}</h3>
    <ul style=${{ "--heads": Math.min(heads, 16) }}>${Array.from({ length: heads }, (_2, head) => {
    const pattern = maps.described.heads[kind][layer][head];
    const effect = effects?.[head];
    const told2 = effect === void 0 ? "" : `; switched off, the result moves by ${effect.toPrecision(2)}`;
    return fe`<li key=${head}><button type="button" onClick=${() => onOpen(layer, head)}
        aria-label=${`Layer ${layer}, head ${head}: ${pattern.words}${told2}`}
        title=${`entropy ${pattern.entropy.toFixed(2)} bits; special tokens ${(pattern.marks * 100).toFixed(0)}%${told2}`}>
        <canvas width=${SIDE} height=${SIDE} aria-hidden="true"></canvas>
        <span class="grid-words"><b>${head}</b> ${pattern.words}</span>
        ${effect === void 0 ? "" : fe`<span class="grid-effect"><span style=${{ width: `${effect / most * 100}%` }}></span></span>`}
      </button></li>`;
  })}</ul>
  </div>`;
}
function thumbnail(canvas, bytes, rows, columns, onPaper = false) {
  const [wide, high] = [Math.min(columns, SIDE), Math.min(rows, SIDE)];
  const largest = new Uint8Array(wide * high);
  for (let row = 0; row < rows; row++) {
    const line = Math.floor(row * high / rows) * wide;
    for (let column = 0; column < columns; column++) {
      const place = line + Math.floor(column * wide / columns);
      const byte = bytes[row * columns + column];
      if (byte > largest[place]) largest[place] = byte;
    }
  }
  const { weight } = theme(onPaper);
  const top = SHARES[largest.reduce((most, byte) => Math.max(most, byte), 1)];
  const table = Array.from(SHARES, (share) => channels(weight(share / top)));
  paintPixels(canvas, wide, high, (place) => table[largest[place]]);
}

// source/lines.js
function endsOf({ rows, columns, values }, at) {
  return at.side === "row" ? columns.map((_2, column) => values[at.place * columns.length + column]) : rows.map((_2, row) => values[row * columns.length + at.place]);
}
function drawLines(pen, colours2, map, at, { left, right, y: y2, bottom = Infinity }) {
  const top = at ? Math.max(...endsOf(map, at), 1e-9) : map.top;
  const least = at ? 0.04 : 0.1;
  const { rows, columns, values } = map;
  const colour = `rgb(${colours2.line.join(",")})`;
  const [first, last] = at?.side === "row" ? [at.place, at.place + 1] : [0, rows.length];
  for (let row = first; row < last; row++) {
    const [start, end] = at?.side === "column" ? [at.place, at.place + 1] : [0, columns.length];
    for (let column = start; column < end; column++) {
      const share = values[row * columns.length + column] / top;
      if (share < least || Math.max(y2(row), y2(column)) < 0 || Math.min(y2(row), y2(column)) > bottom) continue;
      pen.curve([left, y2(row)], [right, y2(column)], colour, 0.75 + 2.25 * share, share);
    }
  }
}
var Lines = class {
  /** @param {HTMLElement} box @param {(at: Token | null) => void} onPoint */
  constructor(box, onPoint) {
    this.box = box;
    this.canvas = /** @type {HTMLCanvasElement} */
    box.querySelector("canvas");
    this.sides = {
      row: (
        /** @type {HTMLElement} */
        box.querySelector("#rows")
      ),
      column: (
        /** @type {HTMLElement} */
        box.querySelector("#columns")
      )
    };
    this.onPoint = onPoint;
    this.kept = null;
    this.at = null;
    this.marked = [];
    this.size = null;
    this.scrolled = 0;
    box.addEventListener("scroll", () => requestAnimationFrame(() => {
      this.scrolled = box.scrollTop;
      this.drawLines(theme());
    }));
    for (
      const [side, list] of
      /** @type {["row" | "column", HTMLElement][]} */
      Object.entries(this.sides)
    ) {
      list.addEventListener("pointerover", (event) => this.point(this.tokenOf(side, event)));
      list.addEventListener("focusin", (event) => this.point(this.tokenOf(side, event)));
      list.addEventListener("pointerleave", () => this.point(this.kept));
      list.addEventListener("click", (event) => this.keep(this.tokenOf(side, event)));
      list.addEventListener("keydown", (event) => this.move(list, event));
    }
  }
  /** @param {Shown} map */
  show(map) {
    const sameTokens = this.map?.rows === map.rows && this.map?.columns === map.columns;
    this.map = map;
    if (!sameTokens) {
      this.kept = this.at = null;
      this.marked = [];
      this.fill(this.sides.row, map.rows);
      this.fill(this.sides.column, map.columns);
    }
    this.layOut();
  }
  /** @param {HTMLElement} list @param {string[]} tokens */
  fill(list, tokens) {
    list.replaceChildren(...tokens.map((token, place) => {
      const item = document.createElement("li");
      const button = item.appendChild(document.createElement("button"));
      button.type = "button";
      button.dir = "auto";
      button.textContent = button.title = token;
      button.tabIndex = place === 0 ? 0 : -1;
      button.setAttribute("aria-pressed", "false");
      return item;
    }));
  }
  /** @param {"row" | "column"} side @param {Event} event @returns {Token | null} */
  tokenOf(side, event) {
    const item = (
      /** @type {HTMLElement} */
      event.target.closest("button")?.parentElement
    );
    return item ? { side, place: [.../** @type {HTMLElement} */
    item.parentElement.children].indexOf(item) } : this.kept;
  }
  /** @param {Token | null} at */
  point(at) {
    if (at?.side === this.at?.side && at?.place === this.at?.place) return;
    this.at = at;
    this.draw();
    this.onPoint(at);
  }
  /** @param {Token | null} at */
  keep(at) {
    const again = this.kept && at && at.side === this.kept.side && at.place === this.kept.place;
    this.kept = again ? null : at;
    this.draw();
  }
  /** @param {HTMLElement} list @param {KeyboardEvent} event */
  move(list, event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...list.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(
      /** @type {HTMLButtonElement} */
      event.target
    ) + step];
    if (!next) return;
    buttons.forEach((button) => {
      button.tabIndex = button === next ? 0 : -1;
    });
    next.focus();
  }
  /** Measure and draw: of another map, and when the page's size has changed. */
  layOut() {
    if (!this.map) return;
    const { box, canvas, sides } = this;
    const high = Math.max(sides.row.offsetHeight, sides.column.offsetHeight);
    this.size = {
      width: canvas.clientWidth,
      height: Math.min(high, box.clientHeight),
      step: (
        /** @type {HTMLElement} */
        sides.row.firstElementChild.offsetHeight
      )
    };
    this.draw();
  }
  draw() {
    if (!this.map) return;
    const colours2 = theme();
    this.shade(this.map, colours2);
    this.drawLines(colours2);
  }
  /** The canvas is as high as what is in sight of the lists, and moves with it. @param {import("./colours.js").Theme} colours */
  drawLines(colours2) {
    const { map, at, size } = this;
    if (!map || !size) return;
    const { width, height, step } = size;
    const pen = canvasPen(prepare(this.canvas, width, height));
    this.canvas.style.width = "100%";
    const y2 = (place) => (place + 0.5) * step - this.scrolled;
    drawLines(pen, colours2, map, at, { left: 2, right: width - 2, y: y2, bottom: height });
  }
  /** Mark the token that is pointed at, the kept one, and those at the other ends; the others are dim by the style sheet.
   * @param {Shown} map @param {import("./colours.js").Theme} colours */
  shade(map, colours2) {
    const { at, kept, sides } = this;
    for (const button of this.marked) {
      button.classList.remove("chosen", "kept", "end");
      button.setAttribute("aria-pressed", "false");
      button.style.background = button.style.color = "";
    }
    this.marked = [];
    const mark = ({ side, place }, name) => {
      const button = (
        /** @type {HTMLElement} */
        sides[side].children[place].firstElementChild
      );
      button.classList.add(name);
      this.marked.push(button);
      return button;
    };
    this.box.classList.toggle("pointing", Boolean(at));
    if (kept) mark(kept, "kept").setAttribute("aria-pressed", "true");
    if (!at) return;
    mark(at, "chosen");
    const ends = endsOf(map, at);
    const top = Math.max(...ends, 1e-9);
    ends.forEach((weight, place) => {
      if (weight / top < 0.04) return;
      const button = mark({ side: at.side === "row" ? "column" : "row", place }, "end");
      button.style.background = colours2.weight(weight / top);
      button.style.color = colours2.inkOn(weight / top);
    });
  }
};

// source/matrix.js
function layOut(pen, map, room) {
  const { rows, columns } = map;
  const widest = (tokens) => Math.ceil(tokens.reduce((most, token) => Math.max(most, pen.width(token)), 0));
  const left = Math.min(widest(rows), Math.max(72, Math.floor(room * 0.25))) + 12;
  const label = Math.min(widest(columns), 130);
  const share = (room - left) / columns.length;
  let slant = label + 10 <= share ? 0 : Math.PI / 4;
  let overhang = slant ? Math.ceil(label * Math.cos(slant)) : 0;
  let wide = Math.max(12, Math.min(88, Math.floor(share - overhang / columns.length)));
  if (slant && wide < 20) {
    slant = Math.PI / 2;
    overhang = 0;
    wide = Math.max(12, Math.min(20, Math.floor(share)));
  }
  const high = Math.min(wide, 36);
  return {
    left,
    label,
    slant,
    overhang,
    wide,
    high,
    head: slant ? Math.ceil(label * Math.sin(slant) + 16) : 26,
    size: high < 15 ? high - 1 : 13,
    width: left + wide * columns.length + overhang,
    height: (slant ? Math.ceil(label * Math.sin(slant) + 16) : 26) + high * rows.length
  };
}
function drawCell(pen, colours2, { wide, high }, value, top, x2, y2) {
  const share = value / top;
  pen.rect(x2, y2, wide - 1, high - 1, colours2.weight(share));
  if (wide < 32 || value < 5e-3) return;
  const text = value.toFixed(2).replace(/^0/, "");
  pen.text(text, x2 + (wide - 1) / 2, y2 + high / 2, { size: 11, align: "center", colour: colours2.inkOn(share) });
}
function drawRowLabel(pen, colours2, { left, size }, token, y2, chosen) {
  pen.text(
    shorten(pen, token, left - 9, { size, bold: chosen }),
    left - 8,
    y2,
    { size, bold: chosen, align: "end", colour: chosen ? colours2.accent : colours2.ink }
  );
}
function drawColumnLabel(pen, colours2, { label, slant, size }, token, x2, y2, chosen) {
  pen.text(
    shorten(pen, token, label, { size, bold: chosen }),
    x2,
    slant ? y2 : y2 - 4,
    { size, bold: chosen, turn: -slant, align: slant ? "start" : "center", colour: chosen ? colours2.accent : colours2.ink }
  );
}
var Matrix = class {
  /** @param {HTMLElement} box @param {(at: Cell | null) => void} onPoint */
  constructor(box, onPoint) {
    this.box = box;
    this.sizer = /** @type {HTMLElement} */
    box.firstElementChild;
    this.canvas = /** @type {HTMLCanvasElement} */
    box.querySelector("canvas");
    this.onPoint = onPoint;
    this.map = null;
    this.at = null;
    box.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()));
    box.addEventListener("pointermove", (event) => this.point(this.cellUnder(event)));
    box.addEventListener("pointerdown", (event) => this.point(this.cellUnder(event)));
    box.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.point(null));
    box.addEventListener("keydown", (event) => this.move(event));
  }
  /** @param {Shown} map */
  show(map) {
    const fits = this.at && this.at.row < map.rows.length && this.at.column < map.columns.length;
    this.map = map;
    if (!fits) this.at = null;
    this.layOut();
  }
  layOut() {
    if (!this.map) return;
    const room = this.box.clientWidth;
    const pen = canvasPen(
      /** @type {CanvasRenderingContext2D} */
      this.canvas.getContext("2d")
    );
    this.layout = layOut(pen, this.map, room);
    const { width, height } = this.layout;
    this.sizer.style.width = `${width}px`;
    this.sizer.style.height = `${height}px`;
    this.box.style.height = `${Math.min(height + (width > room ? 16 : 0), Math.max(320, innerHeight * 0.8))}px`;
    this.draw();
  }
  /** @param {PointerEvent} event @returns {Cell | null} */
  cellUnder(event) {
    if (!this.map || !this.layout) return null;
    const bounds = this.box.getBoundingClientRect();
    const { left, head, wide, high } = this.layout;
    const [across, down] = [event.clientX - bounds.left, event.clientY - bounds.top];
    if (across < left || down < head) return null;
    const column = Math.floor((across - left + this.box.scrollLeft) / wide);
    const row = Math.floor((down - head + this.box.scrollTop) / high);
    return row < this.map.rows.length && column < this.map.columns.length ? { row, column } : null;
  }
  /** @param {Cell | null} at */
  point(at) {
    if (at?.row === this.at?.row && at?.column === this.at?.column) return;
    this.at = at;
    this.draw();
    this.onPoint(at);
  }
  /** @param {KeyboardEvent} event */
  move(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step || !this.map) return;
    event.preventDefault();
    const within2 = (place, count) => Math.max(0, Math.min(count - 1, place));
    const { rows, columns } = this.map;
    const at = this.at ? { row: within2(this.at.row + step[0], rows.length), column: within2(this.at.column + step[1], columns.length) } : { row: 0, column: 0 };
    this.bringIntoView(at);
    this.point(at);
  }
  /** @param {Cell} at */
  bringIntoView({ row, column }) {
    if (!this.layout) return;
    const { box, layout: { wide, high, left, head } } = this;
    box.scrollLeft = Math.min(column * wide, Math.max(box.scrollLeft, (column + 1) * wide + left - box.clientWidth));
    box.scrollTop = Math.min(row * high, Math.max(box.scrollTop, (row + 1) * high + head - box.clientHeight));
  }
  draw() {
    if (!this.map || !this.layout) return;
    const { box, map, layout, at } = this;
    const { wide, high, left, head } = layout;
    const colours2 = theme();
    const context = prepare(this.canvas, box.clientWidth, box.clientHeight);
    const pen = canvasPen(context);
    const inSight = (scroll, length, cell, count) => [Math.max(0, Math.floor(scroll / cell)), Math.min(count, Math.ceil((scroll + length) / cell))];
    const [top, bottom] = inSight(box.scrollTop, box.clientHeight - head, high, map.rows.length);
    const [first, last] = inSight(box.scrollLeft, box.clientWidth - left, wide, map.columns.length);
    const x2 = (column) => left + column * wide - box.scrollLeft;
    const y2 = (row) => head + row * high - box.scrollTop;
    clipped(context, [left, head, box.clientWidth, box.clientHeight], () => {
      for (let row = top; row < bottom; row++) {
        for (let column = first; column < last; column++) {
          drawCell(pen, colours2, layout, map.values[row * map.columns.length + column], map.top, x2(column), y2(row));
        }
      }
      if (at) pen.frame(x2(at.column), y2(at.row), wide - 1, high - 1, colours2.ink, 2);
    });
    clipped(context, [0, head, left, box.clientHeight], () => {
      for (let row = top; row < bottom; row++) drawRowLabel(pen, colours2, layout, map.rows[row], y2(row) + high / 2, at?.row === row);
    });
    clipped(context, [left - (layout.slant ? 6 : 0), 0, box.clientWidth, head], () => {
      for (let column = first; column < last; column++) {
        drawColumnLabel(pen, colours2, layout, map.columns[column], x2(column) + wide / 2, head - 8, at?.column === column);
      }
    });
  }
};
function clipped(context, [left, top, right, bottom], paint) {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  paint();
  context.restore();
}

// source/radios.js
function Radios({ label, kind, items, value, onChoose }) {
  const keys = (event) => {
    const last = items.length - 1;
    const next = { ArrowLeft: value - 1, ArrowUp: value - 1, ArrowRight: value + 1, ArrowDown: value + 1, Home: 0, End: last }[event.key];
    if (next === void 0) return;
    event.preventDefault();
    const place = Math.max(0, Math.min(last, next));
    onChoose(place);
    const buttons = (
      /** @type {Element} */
      event.currentTarget.querySelectorAll("button")
    );
    buttons[place].focus();
  };
  return fe`<div class=${kind} role="radiogroup" aria-label=${label} onKeyDown=${keys}>${items.map((item, place) => fe`<button key=${place}
    type="button" role="radio" aria-checked=${place === value} aria-label=${item.label} title=${item.title} tabindex=${place === value ? 0 : -1}
    class=${[item.kind ?? "", place === value ? "chosen" : ""].join(" ").trim()} onClick=${() => onChoose(place)}>${item.content}</button>`)}</div>`;
}

// source/meaning.js
function Meanings({ meaning, text, compare, onFound }) {
  return fe`${compare && fe`<${Comparing} meaning=${meaning} text=${text} compare=${compare} onFound=${onFound} />`}
    ${meaning && fe`<${Meaning} key=${meaning.word} meaning=${meaning} />`}`;
}
function Comparing({ meaning, text, compare, onFound }) {
  const [problem, setProblem] = G("");
  const [busy, setBusy] = G(false);
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(
      /** @type {HTMLFormElement} */
      event.target
    );
    const texts = String(form.get("sentences")).split("\n").filter((line) => line.trim());
    setBusy(true);
    setProblem("");
    try {
      onFound(await compare(String(form.get("word")), texts));
    } catch (error) {
      setProblem(
        /** @type {Error} */
        error.message
      );
    } finally {
      setBusy(false);
    }
  };
  return fe`<form class="card asking" id="comparing" onSubmit=${submit} onKeyDown=${submitOnEnter} aria-label="Word to compare">
    <label>One word <input name="word" required maxlength="200" dir="auto" defaultValue=${meaning?.word ?? ""} placeholder="bank" /></label>
    <label>in two sentences or more, a line each <textarea name="sentences" rows="4" dir="auto" required
      defaultValue=${meaning ? meaning.texts.map((each) => each.text).join("\n") : `${text}
`}></textarea></label>
    <p class="problem" role="alert" hidden=${!problem}>${problem}</p>
    <p><button type="submit" disabled=${busy}>${busy ? "One moment …" : "Compare"}</button></p>
  </form>`;
}
function Meaning({ meaning }) {
  const [layer, setLayer] = G(meaning.cosines.length - 1);
  const cosines = meaning.cosines[layer];
  const colours2 = theme();
  const shade = shadeOf(cosines);
  return fe`<section class="card" aria-labelledby="meaning-title">
    <h2 id="meaning-title">“<bdi>${meaning.word}</bdi>” in ${meaning.texts.length} sentences</h2>
    <p class="reads">A fixed vector a word, as word2vec has it, would be the same in all of them: every cosine 1. Here it depends on the sentence; the columns say how much, layer by layer.</p>
    <ol class="sentences">${meaning.texts.map(({ text, start, end }, place) => fe`<li key=${place}>
      <bdi>${text.slice(0, start)}<mark>${text.slice(start, end)}</mark>${text.slice(end)}</bdi></li>`)}</ol>
    <${Curve} meaning=${meaning} layer=${layer} onLayer=${setLayer} />
    <div class="table" tabindex="0" role="region" aria-label="Cosines"><table class="cosines" aria-label=${`Cosines in ${meaning.names[layer]}`}>
      <caption>${meaning.names[layer]}: cosine between the word's vectors, shaded from the least to 1</caption>
      <thead><tr><td></td>${cosines.map((_2, place) => fe`<th scope="col" key=${place}>${place + 1}</th>`)}</tr></thead>
      <tbody>${cosines.map((row, place) => fe`<tr key=${place}><th scope="row">${place + 1}</th>${row.map((value, other) => fe`<td key=${other} style=${{ background: colours2.weight(shade(value)), color: colours2.inkOn(shade(value)) }}>${value.toFixed(2)}</td>`)}</tr>`)}</tbody>
    </table></div>
  </section>`;
}
function Curve({ meaning, layer, onLayer }) {
  const means = meaning.cosines.map(meanOfPairs);
  const items = means.map((value, place) => ({
    label: `${meaning.names[place]}: mean cosine ${value.toFixed(2)}`,
    content: fe`<span class="column"><span style=${{ height: `${Math.max(value, 0) * 100}%` }}></span></span>
      <span class="number">${value.toFixed(2)}</span><span class="quiet">${meaning.names[place]}</span>`
  }));
  return fe`<${Radios} label="Layer" kind="curve" items=${items} value=${layer} onChoose=${onLayer} />`;
}
function shadeOf(cosines) {
  const least = Math.min(...cosines.flat());
  return (value) => (value - least) / Math.max(1 - least, 1e-6);
}
function meanOfPairs(cosines) {
  const pairs = cosines.flatMap((row, place) => row.slice(0, place));
  return pairs.reduce((sum, value) => sum + value, 0) / Math.max(pairs.length, 1);
}

// source/state.js
function begin(described, live) {
  const token = described.start.kind === "encoder" && !described.written ? 1 : 0;
  const start = { ...described.start, token: described.start.token ?? token };
  return { value: false, ...start, ...fromHash(described, live) };
}
function within(described, chosen, live) {
  const view = viewsOf(described, live).some(([name]) => name === chosen.view) ? chosen.view : "head";
  const kind = view === "rollout" ? "encoder" : chosen.kind in described.kinds ? chosen.kind : described.start.kind;
  const { layers, heads, rows } = described.kinds[kind];
  const one = view === "steps";
  return {
    ...chosen,
    view,
    kind,
    layer: number(chosen.layer, layers, one),
    head: number(chosen.head, heads, one),
    token: Math.min(Math.max(chosen.token, 0), rows.length - 1),
    value: chosen.value && kind in described.value_sizes
  };
}
function number(asked, count, one) {
  if (count === 1) return 0;
  if (asked === null || asked >= count) return one ? Math.min(asked ?? 0, count - 1) : null;
  return asked;
}
function fromHash(described, live) {
  const asked = new URLSearchParams(location.hash.slice(1));
  const found = {};
  const kind = asked.get("kind") ?? "";
  if (Object.hasOwn(described.kinds, kind)) found.kind = kind;
  const view = asked.get("view") ?? "";
  if (viewsOf(described, live).some(([name]) => name === view)) found.view = view;
  const { layers, heads, rows } = described.kinds[found.kind ?? described.start.kind];
  for (
    const [name, count] of
    /** @type {["layer" | "head", number][]} */
    [["layer", layers], ["head", heads]]
  ) {
    const text = asked.get(name);
    if (text === "mean") found[name] = null;
    else if (/^\d+$/.test(text ?? "") && Number(text) < count) found[name] = Number(text);
  }
  const token = asked.get("token");
  if (/^\d+$/.test(token ?? "") && Number(token) < rows.length) found.token = Number(token);
  if (asked.has("value")) found.value = asked.get("value") === "1";
  return found;
}
function toHash(chosen) {
  const parts = [`view=${chosen.view}`, `kind=${chosen.kind}`, `layer=${chosen.layer ?? "mean"}`, `head=${chosen.head ?? "mean"}`];
  if (chosen.view === "steps") parts.push(`token=${chosen.token}`);
  if (chosen.value) parts.push("value=1");
  return parts.join("&");
}
function viewsOf(described, live) {
  const views = [["grid", "All heads"], ["head", "One head"]];
  if (live || described.calculations.length) views.push(["steps", "How it is calculated"]);
  if (described.written) views.push(["translation", "Translation"]);
  if (described.meaning || live && !described.written) views.push(["meaning", "Meaning in context"]);
  if ("encoder" in described.kinds) views.push(["rollout", "Rollout"]);
  return views;
}
function title(described, chosen) {
  const { layers, heads } = described.kinds[chosen.kind];
  const named = (name, number2, count) => number2 === null ? `mean of ${count} ${name}s` : `${name} ${number2}`;
  return `${chosen.kind} attention, ${named("layer", chosen.layer, layers)}, ${named("head", chosen.head, heads)}`;
}

// source/translation.js
function Translation({ described, maps, token, layer, onToken, onBegin }) {
  const written = (
    /** @type {import("./document.js").Written} */
    described.written
  );
  return fe`
    <section class="card" aria-labelledby="ribbons-title">
      <h2 id="ribbons-title">Which ${written.linked.what} belong together</h2>
      <p class="reads">Each ${written.linked.what === "words" ? "word" : "piece"} that was written is linked with what the model looked at most in the source
        (cross attention, layer ${written.linked.layer}, mean of its heads).</p>
      <${Ribbons} linked=${written.linked} />
    </section>
    <${Writing} described=${described} maps=${maps} written=${written} token=${token} layer=${layer} onToken=${onToken} onBegin=${onBegin} />
    <section class="card" aria-labelledby="hypotheses-title">
      <h2 id="hypotheses-title">${written.hypotheses.length > 1 ? "What the search found" : "The translation"}</h2>
      <ol class="hypotheses">${written.hypotheses.map(([text, score], place) => fe`<li key=${place}>
        <bdi>${text}</bdi> <span class="quiet number">${fixed(score)}</span></li>`)}</ol>
      <p class="reads">The score is the sum of the log probabilities of the tokens, over their number to the power of the length penalty.</p>
    </section>`;
}
function Ribbons({ linked }) {
  const box = Q(
    /** @type {HTMLElement | null} */
    null
  );
  const [at, setAt] = G(
    /** @type {number | null} */
    null
  );
  const draw = () => {
    if (!box.current) return;
    const canvas = (
      /** @type {HTMLCanvasElement} */
      box.current.querySelector("canvas")
    );
    const measuring2 = canvasPen(
      /** @type {CanvasRenderingContext2D} */
      canvas.getContext("2d")
    );
    const layout = layRibbons(measuring2, linked);
    const pen = canvasPen(prepare(canvas, layout.width, layout.height));
    drawRibbons(pen, theme(), linked, layout, at);
  };
  K(draw);
  useRedraw(box, draw);
  const told2 = linked.links.map(([src, tgt]) => `${linked.src[src]} – ${linked.tgt[tgt]}`).join("; ");
  return fe`<div class="ribbons" ref=${box} tabindex="0" role="img" aria-label=${told2 || "nothing is linked"}><canvas></canvas></div>
    <p class="links">${linked.links.map(([src, tgt], place) => fe`<button key=${place} type="button" class="quiet"
      onPointerEnter=${() => setAt(place)} onPointerLeave=${() => setAt(null)} onFocus=${() => setAt(place)} onBlur=${() => setAt(null)}>
      <${Token} text=${linked.src[src]} /> – <${Token} text=${linked.tgt[tgt]} /></button>`)}</p>`;
}
var [SIZE, GAP, TOP, DEEP] = [15, 14, 18, 110];
function layRibbons(pen, { src, tgt }) {
  const row = (words) => {
    let x2 = 4;
    return words.map((word) => {
      const place = (
        /** @type {[number, number]} */
        [x2, x2 + pen.width(shorten(pen, word, 220, { size: SIZE }), { size: SIZE })]
      );
      x2 = place[1] + GAP;
      return place;
    });
  };
  const [above, below] = [row(src), row(tgt)];
  const right = Math.max(above.at(-1)?.[1] ?? 0, below.at(-1)?.[1] ?? 0) + 4;
  return { above: centred(above, right), below: centred(below, right), width: Math.max(right, 40), height: TOP * 2 + DEEP };
}
function centred(places, width) {
  const shift = (width - ((places.at(-1)?.[1] ?? 0) + 4)) / 2;
  return places.map(([left, right]) => [left + shift, right + shift]);
}
function drawRibbons(pen, colours2, { src, tgt, links }, layout, at) {
  const [high, low] = [TOP + 12, TOP + DEEP - 12];
  links.forEach(([from, to], place) => {
    const [left, right] = layout.above[from];
    const [endLeft, endRight] = layout.below[to];
    pen.band([left, right, high], [endLeft, endRight, low], RIBBONS[from % RIBBONS.length], at === null || at === place ? 0.45 : 0.1);
  });
  const words = (all, places, y2) => all.forEach((word, place) => pen.text(shorten(pen, word, 220, { size: SIZE }), places[place][0], y2, { size: SIZE, colour: colours2.ink }));
  words(src, layout.above, TOP);
  words(tgt, layout.below, TOP + DEEP);
}
function Writing({ described, maps, written, token, layer, onToken, onBegin }) {
  const step = Math.min(token, written.tokens.length - 1);
  const { found } = usePromise(() => maps.select("cross", layer, null), [maps, layer]);
  const { columns } = described.kinds.cross;
  const shares2 = found ? [...found.values.subarray(step * columns.length, (step + 1) * columns.length)] : columns.map(() => 0);
  const most = Math.max(...shares2, 1e-9);
  const colours2 = theme();
  const move = (by) => onToken(Math.max(0, Math.min(written.tokens.length - 1, step + by)));
  return fe`<section class="card" aria-labelledby="writing-title">
    <h2 id="writing-title">Word by word</h2>
    <p class="reads">Step ${step + 1} of ${written.tokens.length}: what was written before, what the model could have written, and where it looked.</p>
    <div class="walk">
      <button type="button" onClick=${() => move(-1)} disabled=${step === 0}>← back</button>
      <button type="button" onClick=${() => move(1)} disabled=${step === written.tokens.length - 1}>on →</button>
    </div>
    <${Radios} label="Step" kind="tokens" value=${step} onChoose=${onToken} items=${written.tokens.map((text, place) => ({
    content: fe`<${Token} text=${text} />`,
    kind: place > step ? "dim" : "",
    title: `probability ${percent(written.probabilities[place])}`
  }))} />
    <div class="two even">
      <div>
        <h3>The likeliest tokens</h3>
        <${Bars} words=${written.choices[step] ?? []} label="Likeliest tokens of this step" chosen=${written.tokens[step]}
          onTake=${onBegin && ((place) => onBegin([...written.token_ids.slice(0, step), written.choice_ids[step][place]]))} />
        ${onBegin && fe`<p class="reads">Take another one: the search goes on from there.</p>`}
      </div>
      <div>
        <h3>Where it looked <span class="quiet">${layer === null ? "mean of all layers and heads" : `layer ${layer}, mean of its heads`}</span></h3>
        <p class="tokens source">${columns.map((text, place) => fe`<span key=${place} class="shaded"
          style=${{ background: colours2.weight(shares2[place] / most), color: colours2.inkOn(shares2[place] / most) }}
          title=${shares2[place].toFixed(3)}><${Token} text=${text} /></span>`)}</p>
      </div>
    </div>
    ${written.beam[step] && fe`<${Beam} kept=${written.beam[step]} onBegin=${onBegin} />`}
  </section>`;
}
function Beam({ kept, onBegin }) {
  return fe`<h3>What the search kept <span class="quiet">sum of log probabilities</span></h3>
    <div class="table" tabindex="0" role="region" aria-label="What the search kept"><table class="beam"><tbody>
      ${kept.map(({ token_ids: ids, text, log_prob: sum, ends, won }) => fe`<tr key=${ids.join()} class=${won ? "chosen" : ""}>
        <th scope="row"><bdi>${text || "nothing"}</bdi></th><td class="number">${fixed(sum)}</td>
        <td class="quiet">${[won ? "of the translation" : "", ends ? "ends here" : ""].filter(Boolean).join(", ")}</td>
        ${onBegin && fe`<td>${!ends && fe`<button type="button" class="take" onClick=${() => onBegin(ids)}
          aria-label=${`go on from ${text}`}>go on from here</button>`}</td>`}</tr>`)}
    </tbody></table></div>`;
}

// source/figures.js
var MARGIN = 16;
var SCALE = 300 / 96;
var colours = theme(true);
async function saved(described, maps, chosen, format, root) {
  const measuring2 = canvasPen(
    /** @type {CanvasRenderingContext2D} */
    document.createElement("canvas").getContext("2d")
  );
  const figure = captioned(measuring2, described, await figureOf(measuring2, described, maps, chosen, root));
  const name = `${chosen.view}-${chosen.kind}-${chosen.layer ?? "mean"}-${chosen.head ?? "mean"}.${format}`;
  if (format === "svg") {
    const pen = svgPen();
    figure.draw(pen);
    return { blob: new Blob([pen.svg(figure.width, figure.height, "#ffffff", figure.caption)], { type: "image/svg+xml" }), name };
  }
  const canvas = Object.assign(
    document.createElement("canvas"),
    { width: Math.round(figure.width * SCALE), height: Math.round(figure.height * SCALE) }
  );
  const context = (
    /** @type {CanvasRenderingContext2D} */
    canvas.getContext("2d")
  );
  context.scale(SCALE, SCALE);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, figure.width, figure.height);
  figure.draw(canvasPen(context));
  const blob = await new Promise((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
  return { blob: (
    /** @type {Blob} */
    blob
  ), name };
}
async function figureOf(pen, described, maps, chosen, root) {
  const { view, kind, layer, head, value } = chosen;
  if (view === "steps") return stepsFigure(root, `${title(described, chosen)}, token “${described.kinds[kind].rows[chosen.token]}”`);
  if (view === "meaning" && described.meaning) return meaningFigure(described.meaning, root);
  if (view === "grid") return gridFigure(described, maps, kind);
  if (view === "translation" && described.written) return ribbonFigure(pen, described.written.linked);
  if (view !== "rollout") return mapFigure(pen, await maps.select(kind, layer, head, value), title(described, chosen));
  const { layers } = described.kinds[kind];
  return mapFigure(pen, await maps.rollout(kind, layer), `attention rollout up to layer ${layer ?? layers - 1}`);
}
function captioned(pen, described, figure) {
  const width = Math.max(figure.width, 320);
  const lines = [figure.caption, ...described.texts.map((text) => `“${text}”`), `model: ${described.model}`];
  return {
    ...figure,
    width: width + 2 * MARGIN,
    height: figure.height + 2 * MARGIN + 8 + 18 * lines.length,
    draw(onto) {
      figure.draw(offset(onto, MARGIN, MARGIN));
      lines.forEach((line, place) => onto.text(
        shorten(pen, line, width, { size: 12 }),
        MARGIN,
        MARGIN + figure.height + 16 + 18 * place,
        { size: 12, bold: place === 0, colour: place === 0 ? colours.ink : colours.quiet }
      ));
    }
  };
}
function offset(pen, dx, dy) {
  return {
    ...pen,
    rect: (x2, y2, ...rest) => pen.rect(x2 + dx, y2 + dy, ...rest),
    frame: (x2, y2, ...rest) => pen.frame(x2 + dx, y2 + dy, ...rest),
    image: (picture, x2, y2, ...rest) => pen.image(picture, x2 + dx, y2 + dy, ...rest),
    text: (text, x2, y2, how) => pen.text(text, x2 + dx, y2 + dy, how),
    curve: ([x2, y2], [endX, endY], ...rest) => pen.curve([x2 + dx, y2 + dy], [endX + dx, endY + dy], ...rest),
    band: ([left, right, y2], [endLeft, endRight, endY], ...rest) => pen.band([left + dx, right + dx, y2 + dy], [endLeft + dx, endRight + dx, endY + dy], ...rest)
  };
}
function mapFigure(pen, map, caption) {
  const { rows, columns, values, top } = map;
  const layout = layOut(pen, map, Math.max(420, 36 * columns.length + 150));
  const widest = Math.min(120, Math.max(...[...rows, ...columns].map((token) => pen.width(token))));
  const [left, right] = [layout.width + 40 + widest, layout.width + 40 + widest + 130];
  const step = Math.max(18, Math.min(26, (layout.height - 20) / Math.max(rows.length, columns.length)));
  return {
    caption,
    width: right + widest + 16,
    height: Math.max(layout.height, step * Math.max(rows.length, columns.length)) + 34,
    draw(onto) {
      rows.forEach((token, row) => {
        const y3 = layout.head + row * layout.high;
        drawRowLabel(onto, colours, layout, token, y3 + layout.high / 2, false);
        columns.forEach((_2, column) => drawCell(onto, colours, layout, values[row * columns.length + column], top, layout.left + column * layout.wide, y3));
      });
      columns.forEach((token, column) => drawColumnLabel(onto, colours, layout, token, layout.left + (column + 0.5) * layout.wide, layout.head - 8, false));
      const y2 = (place) => (place + 0.5) * step;
      drawLines(onto, colours, map, null, { left: left + 6, right: right - 6, y: y2 });
      const tokens = (all, x2, align) => all.forEach((token, place) => onto.text(shorten(pen, token, widest), x2, y2(place), { align, colour: colours.ink }));
      tokens(rows, left, "end");
      tokens(columns, right, "start");
      legend(onto, layout.left, this.height - 16, top);
    }
  };
}
function legend(pen, x2, y2, top) {
  pen.text("0", x2, y2, { size: 11, colour: colours.quiet });
  for (let step = 0; step < 40; step++) pen.rect(x2 + 12 + step * 3, y2 - 6, 3.2, 12, colours.weight(step / 39));
  pen.text(`${top.toFixed(2)}  weight`, x2 + 140, y2, { size: 11, colour: colours.quiet });
}
async function gridFigure(described, maps, kind) {
  const { layers, heads, rows, columns } = described.kinds[kind];
  const [side, step, left, top] = [56, 68, 54, 24];
  const pictures = await Promise.all(Array.from({ length: layers }, async (_2, layer) => {
    const bytes = await maps.block(kind, layer);
    return Array.from({ length: heads }, (__, head) => {
      const canvas = document.createElement("canvas");
      thumbnail(canvas, bytes.subarray(head * rows.length * columns.length), rows.length, columns.length, true);
      return canvas;
    });
  }));
  return {
    caption: `${kind} attention, every head: layers downwards, heads across`,
    width: left + step * heads,
    height: top + step * layers,
    draw(pen) {
      pictures.forEach((row, layer) => {
        pen.text(`layer ${layer}`, 0, top + layer * step + side / 2, { size: 12, colour: colours.ink });
        row.forEach((picture, head) => {
          if (layer === 0) pen.text(`head ${head}`, left + head * step + side / 2, 10, { size: 12, align: "center", colour: colours.ink });
          pen.image(picture, left + head * step, top + layer * step, side, side);
          pen.frame(left + head * step, top + layer * step, side, side, colours.rule);
        });
      });
    }
  };
}
function ribbonFigure(pen, linked) {
  const layout = layRibbons(pen, linked);
  return {
    caption: `which ${linked.what} belong together`,
    width: layout.width,
    height: layout.height,
    draw: (onto) => drawRibbons(onto, colours, linked, layout, null)
  };
}
var COLUMN = 680;
function stepsFigure(root, caption) {
  const parts = [];
  const text = (told2, height, bold) => parts.push({
    height,
    draw: (pen, y2) => pen.text(
      shorten(pen, told2, COLUMN, { size: bold ? 13 : 11, bold }),
      0,
      y2 + height / 2,
      { size: bold ? 13 : 11, bold, colour: bold ? colours.ink : colours.quiet }
    )
  });
  root.querySelectorAll(".step h2, .step .says, .step .strip-cells, .step .sheet").forEach((element) => {
    const { what, matrix, label } = (
      /** @type {any} */
      element
    );
    if (what) {
      text(element.previousElementSibling?.firstElementChild?.textContent ?? "", 18, false);
      const height = stripHeight(COLUMN, what);
      parts.push({ height: height + 4, draw: (pen, y2) => drawStrip(offset(pen, 0, y2), colours, COLUMN, { ...what, at: null }) });
    } else if (matrix) {
      text(`${label}, ${matrix.shape.join(" × ")}`, 18, false);
      const canvas = document.createElement("canvas");
      paintSheet(canvas, colours, matrix);
      parts.push({ height: 70, draw: (pen, y2) => pen.image(canvas, 0, y2, COLUMN, 64) });
    } else {
      text(element.textContent?.trim().replace(/\s+/g, " ") ?? "", element.tagName === "H2" ? 30 : 18, element.tagName === "H2");
    }
  });
  return {
    caption,
    width: COLUMN,
    height: parts.reduce((sum, { height }) => sum + height, 0),
    draw(pen) {
      parts.reduce((y2, part) => {
        part.draw(pen, y2);
        return y2 + part.height;
      }, 0);
    }
  };
}
function meaningFigure(meaning, root) {
  const all = [...root.querySelectorAll(".curve button")];
  const layer = Math.max(all.findIndex((each) => each.ariaChecked === "true"), 0);
  const cosines = meaning.cosines[layer];
  const shade = shadeOf(cosines);
  const [step, high, side] = [84, 90, 44];
  const top = high + 60;
  return {
    caption: `“${meaning.word}” in ${meaning.texts.length} sentences: mean cosine of its vectors by layer; below, of ${meaning.names[layer]}`,
    width: Math.max(step * meaning.names.length, 480),
    height: top + side * cosines.length + 18 * meaning.texts.length + 12,
    draw(pen) {
      meaning.cosines.forEach((of, place) => {
        const mean = meanOfPairs(of);
        const x2 = place * step + step / 2;
        pen.rect(x2 - 12, high - Math.max(mean, 0) * high, 24, Math.max(mean, 0) * high, place === layer ? colours.accent : colours.rule);
        pen.text(mean.toFixed(2), x2, high + 12, { size: 11, align: "center", colour: colours.ink });
        pen.text(meaning.names[place], x2, high + 28, { size: 11, align: "center", colour: colours.quiet });
      });
      cosines.forEach((row, down) => {
        pen.text(String(down + 1), 8, top + (down + 0.5) * side, { size: 12, colour: colours.ink });
        row.forEach((value, across) => {
          const share = shade(value);
          pen.rect(24 + across * side, top + down * side, side - 1, side - 1, colours.weight(share));
          pen.text(value.toFixed(2), 24 + (across + 0.5) * side, top + (down + 0.5) * side, { size: 11, align: "center", colour: colours.inkOn(share) });
        });
      });
      meaning.texts.forEach(({ text }, place) => pen.text(
        `${place + 1}  ${text}`,
        8,
        top + side * cosines.length + 18 * (place + 0.5) + 8,
        { size: 12, colour: colours.ink }
      ));
    }
  };
}

// source/head.js
function MapView({ map, title: title2, reads, of }) {
  const main = Q(
    /** @type {HTMLElement | null} */
    null
  );
  const matrix = Q(
    /** @type {Matrix | null} */
    null
  );
  const lines = Q(
    /** @type {Lines | null} */
    null
  );
  const [cell, setCell] = G(
    /** @type {import("./matrix.js").Cell | null} */
    null
  );
  const [token, setToken] = G(
    /** @type {import("./lines.js").Token | null} */
    null
  );
  K(() => {
    if (!main.current) return;
    matrix.current ??= new Matrix(
      /** @type {HTMLElement} */
      main.current.querySelector("#matrix"),
      setCell
    );
    lines.current ??= new Lines(
      /** @type {HTMLElement} */
      main.current.querySelector("#lines"),
      setToken
    );
    matrix.current.show(map);
    lines.current.show(map);
    setCell(matrix.current.at);
    setToken(lines.current.at);
  }, [map]);
  useRedraw(main, () => {
    matrix.current?.layOut();
    lines.current?.layOut();
  });
  return fe`<div class="two" ref=${main}>
    <section class="card" aria-labelledby="matrix-title">
      <h2 id="matrix-title">${title2}</h2>
      <p class="reads" id="reads">${reads}</p>
      <output class="readout" id="readout" aria-live="polite"><${CellTold} map=${map} at=${cell} /></output>
      <div class="matrix" id="matrix" tabindex="0" role="group" aria-describedby="readout"
        aria-label="Map; the arrow keys move from cell to cell"><div><canvas></canvas></div></div>
      <div class="legend"><span>0</span><span class="ramp" style=${{ background: theme().ramp }}></span>
        <span>${map.top.toFixed(2)}</span><span>${of}</span></div>
    </section>
    <section class="card" aria-labelledby="lines-title">
      <h2 id="lines-title">Lines</h2>
      <output class="readout" id="lines-readout" aria-live="polite"><${TokenTold} map=${map} at=${token} /></output>
      <div class="lines" id="lines">
        <ol id="rows" aria-label="Tokens that look"></ol>
        <canvas aria-hidden="true"></canvas>
        <ol id="columns" aria-label="Tokens that are looked at"></ol>
      </div>
    </section>
  </div>
  <${Table} map=${map} />`;
}
function CellTold({ map, at }) {
  if (!at || at.row >= map.rows.length || at.column >= map.columns.length) {
    return fe`<span class="hint">Point at a cell for its weight.</span>`;
  }
  const value = map.values[at.row * map.columns.length + at.column];
  return fe`<${Token} text=${map.rows[at.row]} />${" → "}<${Token} text=${map.columns[at.column]} />${": "}<b>${value.toFixed(3)}</b>`;
}
function TokenTold({ map, at }) {
  const [tokens, others] = at?.side === "column" ? [map.columns, map.rows] : [map.rows, map.columns];
  if (!at || at.place >= tokens.length) {
    return fe`<span class="hint">Point at a token for its lines alone; click to keep them.</span>`;
  }
  const strongest2 = endsOf(map, at).map((value, place) => (
    /** @type {[number, number]} */
    [value, place]
  )).sort((one, two) => two[0] - one[0]).slice(0, 3);
  return fe`<${Token} text=${tokens[at.place]} />${at.side === "row" ? " → " : " ← "}${strongest2.map(([value, place], number2) => fe`${number2 ? ", " : ""}<${Token} text=${others[place]} />${" "}<b>${value.toFixed(3)}</b>`)}`;
}
function Table({ map }) {
  const [open, setOpen] = G(false);
  const { rows, columns, values } = map;
  return fe`<details class="card" id="numbers" onToggle=${(event) => setOpen(
    /** @type {HTMLDetailsElement} */
    event.target.open
  )}>
    <summary>The same map as numbers</summary>
    <div class="table" tabindex="0" role="region" aria-label="Numbers of the map">${open && fe`<table>
      <thead><tr><td></td>${columns.map((token, place) => fe`<th key=${place} scope="col" dir="auto">${token}</th>`)}</tr></thead>
      <tbody>${rows.map((token, row) => fe`<tr key=${row}>
        <th scope="row" dir="auto">${token}</th>
        ${columns.map((_2, column) => {
    const value = values[row * columns.length + column];
    return fe`<td key=${column}><data value=${value}>${value.toFixed(3)}</data></td>`;
  })}
      </tr>`)}</tbody>
    </table>`}</div>
  </details>`;
}

// source/maps.js
var Maps = class {
  /** @param {Described} described @param {Source} source */
  constructor(described, source) {
    this.described = described;
    this.source = source;
    this.blocks = /* @__PURE__ */ new Map();
    this.made = /* @__PURE__ */ new Map();
  }
  /** The bytes of all heads of a layer. @param {string} kind @param {number} layer */
  block(kind, layer) {
    const name = `${kind}.${layer}`;
    let block = this.blocks.get(name);
    if (!block) this.blocks.set(name, block = this.fetch(kind, layer));
    return block;
  }
  /** @param {string} kind @param {number} layer @returns {Promise<Uint8Array>} */
  async fetch(kind, layer) {
    const { heads, rows, columns } = this.described.kinds[kind];
    const bytes = await inflate(await this.source.block(kind, layer));
    const count = heads * rows.length * columns.length;
    if (bytes.length !== count) throw new Error(`${bytes.length} weights where ${count} belong`);
    return bytes;
  }
  /**
   * One map, or the mean where layer or head is null.
   * @param {string} kind @param {number | null} layer @param {number | null} head @param {boolean} [byValue]
   * @returns {Promise<Shown>}
   */
  async select(kind, layer, head, byValue = false) {
    return this.shown(kind, await this.remembered(`${kind}.${layer}.${head}.${byValue}`, () => byValue ? this.meanByValue(kind, layer, head) : this.mean(kind, layer, head)));
  }
  /** @param {string} kind @param {Float32Array} values @returns {Shown} */
  shown(kind, values) {
    const { rows, columns } = this.described.kinds[kind];
    return { rows, columns, values, top: values.reduce((most, value) => Math.max(most, value), 1e-9) };
  }
  /** @param {string} name @param {() => Promise<Float32Array>} make */
  remembered(name, make) {
    let made = this.made.get(name);
    if (!made) {
      if (this.made.size >= 24) this.made.delete(
        /** @type {string} */
        this.made.keys().next().value
      );
      this.made.set(name, made = make());
    }
    return made;
  }
  /** @param {string} kind @param {number | null} layer @param {number | null} head */
  async mean(kind, layer, head) {
    const { rows, columns, layers, heads } = this.described.kinds[kind];
    const size = rows.length * columns.length;
    const [chosenLayers, chosenHeads] = [numbered(layer, layers), numbered(head, heads)];
    const sum = new Float32Array(size);
    for (const bytes of await Promise.all(chosenLayers.map((number2) => this.block(kind, number2)))) {
      for (const number2 of chosenHeads) {
        const start = number2 * size;
        for (let place = 0; place < size; place++) sum[place] += SHARES[bytes[start + place]];
      }
    }
    const count = chosenLayers.length * chosenHeads.length;
    return count === 1 ? sum : sum.map((value) => value / count);
  }
  /**
   * Weights times the lengths of what is handed over, as shares of each row's sum.
   * @param {string} kind @param {number | null} layer @param {number | null} head
   */
  async meanByValue(kind, layer, head) {
    const { rows, columns, layers, heads } = this.described.kinds[kind];
    const sizes = await unpack(this.described.value_sizes[kind]);
    const sum = new Float32Array(rows.length * columns.length);
    for (const inLayer of numbered(layer, layers)) {
      for (const number2 of numbered(head, heads)) {
        const lengths = rowOf(sizes, inLayer * heads + number2);
        const weights = await this.mean(kind, inLayer, number2);
        for (let place = 0; place < sum.length; place++) sum[place] += weights[place] * lengths[place % columns.length];
      }
    }
    return shares(sum, columns.length);
  }
  /** Unpack the other layers of a kind while nobody waits, the next ones first: then they are there when they are looked
   * at. Of a server they are fetched when they are. @param {string} kind @param {number | null} layer */
  ahead(kind, layer) {
    const { layers } = this.described.kinds[kind];
    const order = Array.from({ length: layers }, (_2, step) => ((layer ?? 0) + step) % layers);
    const next = order.find((each) => !this.blocks.has(`${kind}.${each}`));
    if (next === void 0 || this.source.live) return;
    whenIdle(() => this.block(kind, next).then(() => this.ahead(kind, next), () => {
    }));
  }
  /**
   * Attention rollout: the mean of the heads and the residual in equal parts, layer after layer (Abnar and
   * Zuidema 2020). @param {string} kind @param {number | null} upTo null for the last layer @returns {Promise<Shown>}
   */
  async rollout(kind, upTo) {
    const last = upTo ?? this.described.kinds[kind].layers - 1;
    return this.shown(kind, await this.remembered(`rollout.${kind}.${last}`, async () => {
      const size = this.described.kinds[kind].rows.length;
      let flow = null;
      for (let layer = 0; layer <= last; layer++) {
        const mixed = withResidual(await this.mean(kind, layer, null), size);
        flow = flow === null ? mixed : await product(mixed, flow, size);
      }
      return (
        /** @type {Float32Array} */
        flow
      );
    }));
  }
};
function numbered(chosen, count) {
  return chosen === null ? [...Array(count).keys()] : [chosen];
}
function shares(sums, width) {
  for (let start = 0; start < sums.length; start += width) {
    const row = sums.subarray(start, start + width);
    const total = row.reduce((sum, value) => sum + value, 0) || 1;
    row.forEach((value, place) => {
      row[place] = value / total;
    });
  }
  return sums;
}
function withResidual(weights, size) {
  const mixed = weights.map((value) => value / 2);
  for (let place = 0; place < size; place++) mixed[place * (size + 1)] += 0.5;
  return mixed;
}
async function product(left, right, size) {
  const made = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    if (row % 64 === 63) await new Promise((resolve) => {
      setTimeout(resolve);
    });
    const target = made.subarray(row * size, (row + 1) * size);
    for (let inner = 0; inner < size; inner++) {
      const factor = left[row * size + inner];
      if (factor < 1e-7) continue;
      const source = right.subarray(inner * size, (inner + 1) * size);
      for (let column = 0; column < size; column++) target[column] += factor * source[column];
    }
  }
  return made;
}
function whenIdle(task) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(task);
  else setTimeout(task, 100);
}

// source/sources.js
function ofFile(page) {
  const content = (id) => {
    const element = page.getElementById(id);
    if (!element) throw new Error(`${id} is missing`);
    return element.textContent ?? "";
  };
  let described;
  return held(() => described ??= JSON.parse(content("manyheads-document")), (kind, layer) => content(`weights-${kind}-${layer}`));
}
function held(described, block) {
  return {
    live: false,
    describe: async () => described(),
    block: async (kind, layer) => fromBase64(block(kind, layer)),
    steps: async (kind, layer, head) => described().calculations?.find(
      (each) => each.kind === kind && each.layer === layer && each.head === head
    ) ?? null
  };
}
function ofAnswer(described, { name, task }) {
  const { id } = described;
  return {
    live: true,
    describe: async () => described,
    block: async (kind, layer) => new Uint8Array(await (await fetched(`attention/${id}/${kind}/${layer}`)).arrayBuffer()),
    steps: async (kind, layer, head) => (await fetched(`attention/${id}/${kind}/${layer}/${head}`)).json(),
    compare: task === "translation" ? void 0 : async (word, texts) => (await fetched("meaning", { model: name, word, texts })).json()
  };
}
async function fetched(path, asked) {
  const how = asked === void 0 ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) };
  let answer;
  try {
    answer = await fetch(path, how);
  } catch {
    throw new Error("the server does not answer: it has ended, or cannot be reached. What is shown stays; start manyheads serve again and ask once more");
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({ error: `the server answered with ${answer.status}` }));
  throw new Error(error);
}
function ofNotebook(described, blocks) {
  return held(() => described, (kind, layer) => blocks[`${kind}.${layer}`]);
}

// source/whatif.js
function WhatIf({ served, first, now, busy, change, back }) {
  const { described, asked } = now;
  const edit = (event) => {
    event.preventDefault();
    const form = new FormData(
      /** @type {HTMLFormElement} */
      event.target
    );
    change({ text: String(form.get("edited")), hidden: [], begin: void 0 });
  };
  return fe`<section class="card what-if" aria-labelledby="what-if-title" aria-busy=${busy}>
    <h2 id="what-if-title">What if</h2>
    <p class="reads">Change the text, ${served.mask ? "hide a word, " : "take another word in “Translation”, "}or switch a head off in “One head”,
      and see what moves.</p>
    <form class="edit" id="edit" onSubmit=${edit} onKeyDown=${submitOnEnter} key=${asked.text}>
      <textarea name="edited" rows="1" dir="auto" required aria-label="The text, changed" defaultValue=${asked.text}></textarea>
      <button type="submit" disabled=${busy}>See what moves</button>
    </form>
    ${served.mask && fe`<${Hiding} described=${described} asked=${asked} change=${change} />`}
    ${asked.begin && asked.begin.length > 0 && fe`<p class="tokens">Begun with a word of yours: <button type="button"
      title="let the search choose again" onClick=${() => change({ begin: void 0 })}>take it back ×</button></p>`}
    ${asked.off.length > 0 && fe`<p class="tokens">Off: ${asked.off.map((head) => fe`<button type="button" key=${head.join()}
      title="switch it on again" onClick=${() => change({ off: toggled(asked.off, head) })}>${head[0]} layer ${head[1]}, head ${head[2]} ×</button>`)}</p>`}
    ${now !== first && fe`<${Moved} first=${first.described} now=${described} />
      <p class="walk"><button type="button" id="back" onClick=${back}>Back to how it was</button></p>`}
  </section>`;
}
function toggled(off, head) {
  const rest = off.filter((each) => each.join() !== head.join());
  return rest.length < off.length ? rest : [...off, head];
}
function Hiding({ described, asked, change }) {
  const { rows, marks } = described.kinds.encoder;
  return fe`<p class="tokens" role="group" aria-label="Hide words">${rows.map((text, place) => {
    const hidden = asked.hidden.includes(place);
    return fe`<button type="button" key=${place} aria-pressed=${hidden} class=${hidden ? "chosen" : ""} disabled=${marks[place] && !hidden}
      title=${hidden ? "show it again" : "hide it"}
      onClick=${() => change({ hidden: hidden ? asked.hidden.filter((each) => each !== place) : [...asked.hidden, place] })}><${Token} text=${text} /></button>`;
  })}</p>`;
}
function Moved({ first, now }) {
  const moved = now.moved ?? null;
  return fe`
    <dl class="notes two-texts">
      <div><dt>before</dt><dd>${first.texts.map((text, place) => fe`<bdi key=${place} dir="auto">${text}</bdi>`)}</dd></div>
      <div><dt>now</dt><dd>${now.texts.map((text, place) => fe`<bdi key=${place} dir="auto">${text}</bdi>`)}${now.off.length > 0 && fe` <span class="quiet">without ${now.off.map(([kind, layer, head]) => `${kind} layer ${layer}, head ${head}`).join("; ")}</span>`}</dd></div>
    </dl>
    <p>${moved === null ? "No token stands in both, so that none can be compared." : fe`The result has moved by <b>${moved.toPrecision(3)}</b> <span class="quiet">(${now.effect})</span>.`}</p>
    <${Beside} lines=${linesOf(first, now)} said=${now.answer.what !== "states"} />`;
}
function linesOf(first, now) {
  if (now.answer.what === "labels") {
    const before = new Map(first.answer.labels);
    return now.answer.labels.map(([name, share]) => {
      const was = before.get(name) ?? 0;
      return { at: fe`<${Token} text=${name} />`, before: [name, was], now: [name, share], moved: Math.abs(share - was) };
    });
  }
  const [old, fresh] = [tokensOf(first), tokensOf(now)];
  return (now.beside ?? []).filter(([i2, j2]) => (i2 ?? 0) < old.length && (j2 ?? 0) < fresh.length).map(([i2, j2, moved]) => ({
    at: told(i2 === null ? null : old[i2], j2 === null ? null : fresh[j2]),
    before: i2 === null ? void 0 : first.answer.words[i2]?.[0],
    now: j2 === null ? void 0 : now.answer.words[j2]?.[0],
    moved
  }));
}
function tokensOf(described) {
  return described.written?.tokens ?? described.kinds.encoder.rows;
}
function told(before, now) {
  if (before === now) return fe`<${Token} text=${now} />`;
  if (before === null) return fe`<${Token} text=${now} /> <span class="quiet">new</span>`;
  if (now === null) return fe`<s><${Token} text=${before} /></s> <span class="quiet">gone</span>`;
  return fe`<s><${Token} text=${before} /></s> <${Token} text=${now} />`;
}
function Beside({ lines, said }) {
  const most = Math.max(...lines.map(({ moved }) => moved ?? 0), 1e-9);
  const cells = (one) => fe`<td>${one && fe`<${Token} text=${one[0]} />`}</td><td class="number">${one && percent(one[1])}</td>`;
  return fe`<div class="table" tabindex="0" role="region" aria-label="Before and now"><table class="moved">
    <thead><tr><th scope="col">at</th>${said && fe`<th scope="col" colspan="2">likeliest before</th><th scope="col" colspan="2">and now</th>`}<th scope="col" colspan="2">moved by</th></tr></thead>
    <tbody>${lines.map(({ at, before, now, moved }, place) => fe`<tr key=${place} class=${said && before?.[0] !== now?.[0] ? "chosen" : ""}>
      <th scope="row">${at}</th>${said && fe`${cells(before)}${cells(now)}`}
      <td class="number">${moved === null ? "" : moved.toFixed(3)}</td>
      <td class="bar-cell">${moved !== null && fe`<span class="bar" style=${{ width: `${moved / most * 100}%` }}></span>`}</td></tr>`)}</tbody>
  </table></div>`;
}

// source/live.js
var KEPT = "manyheads.asked";
function remembered(models) {
  try {
    const { model, asked } = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    const of = models.find(({ name }) => name === model);
    return of && typeof asked.text === "string" ? { of, asked } : null;
  } catch {
    return null;
  }
}
function Live() {
  const [models, setModels] = G(
    /** @type {Served[]} */
    []
  );
  const [model, setModel] = G(
    /** @type {string | null} */
    null
  );
  const [first, setFirst] = G(
    /** @type {Answered | null} */
    null
  );
  const [now, setNow] = G(
    /** @type {Answered | null} */
    null
  );
  const [busy, setBusy] = G(false);
  const [problem, setProblem] = G("");
  const failed = (error) => setProblem(error.message);
  const ask = async (asked, of, since) => {
    setBusy(true);
    setProblem("");
    try {
      const described = read(await (await fetched("attention", { ...asked, since, model: of.name })).json());
      const answered = { asked, described, source: ofAnswer(described, of) };
      if (!since) setFirst(answered);
      if (!since) sessionStorage.setItem(KEPT, JSON.stringify({ model: of.name, asked }));
      setNow(answered);
    } catch (error) {
      failed(
        /** @type {Error} */
        error
      );
    } finally {
      setBusy(false);
    }
  };
  J(() => {
    fetched("models").then((answer) => answer.json()).then(({ models: all }) => {
      setModels(all);
      const before = remembered(all);
      setModel(before?.of.name ?? all[0].name);
      document.documentElement.dataset.shown = "asking";
      if (before) ask(before.asked, before.of);
    }).catch(failed);
  }, []);
  const served = models.find((each) => each.name === model);
  if (!served) return fe`<${Trouble} problem=${problem} />`;
  const change = (part) => now && ask({ ...now.asked, ...part }, served, first?.described.id);
  return fe`
    <${Asking} models=${models} served=${served} onModel=${(name) => {
    setModel(name);
    setFirst(null);
    setNow(null);
  }}
      busy=${busy} onAsk=${(asked) => ask(asked, served)} />
    <${Trouble} problem=${problem} />
    ${first && now && fe`<${WhatIf} served=${served} first=${first} now=${now} busy=${busy} change=${change} back=${() => setNow(first)} />`}
    ${now && fe`<${Explorer} described=${now.described} source=${now.source} linked=${true}
      onOff=${(head) => change({ off: toggled(now.asked.off, head) })}
      onBegin=${now.described.written ? (ids) => change({ begin: ids, target: void 0 }) : void 0} />`}`;
}
function Trouble({ problem }) {
  return fe`<p class="problem" id="problem" role="alert" hidden=${!problem}>${problem}</p>`;
}
function Asking({ models, served, busy, onModel, onAsk }) {
  const translates = served.task === "translation";
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(
      /** @type {HTMLFormElement} */
      event.target
    );
    const other = String(form.get("other") ?? "").trim();
    const text = String(form.get("text") ?? "");
    onAsk({ text, off: [], hidden: [], ...other ? { [translates ? "target" : "pair"]: other } : {} });
  };
  const before = remembered(models);
  const start = before?.of.name === served.name ? before.asked : null;
  return fe`<form class="card asking" id="asking" key=${served.name} onSubmit=${submit} onKeyDown=${submitOnEnter} aria-label="Text to look at">
    <p class="about">${models.length > 1 ? fe`<label class="asking-model">Model <select name="model" onChange=${(event) => onModel(
    /** @type {HTMLSelectElement} */
    event.target.value
  )}>${models.map(({ name }) => fe`<option key=${name} value=${name} selected=${name === served.name}>${name}</option>`)}</select></label>` : fe`<b><bdi>${served.name}</bdi></b>`}
      <span class="quiet">Type a text, and see where each head of the model looks while it ${translates ? "translates" : "reads"} it.</span></p>
    <label>${translates ? "Translate" : "Read"} <textarea name="text" rows="2" dir="auto" required
      placeholder=${served.task === "masked" ? `Paris is the ${served.mask} of France.` : ""} defaultValue=${start?.text ?? ""}></textarea></label>
    <label><span>${translates ? "and look at this translation" : "with this second text"} <span class="quiet">(or leave it empty)</span></span>
      <textarea name="other" rows="2" dir="auto" defaultValue=${start?.target ?? start?.pair ?? ""}></textarea></label>
    <p><button type="submit" disabled=${busy}>${busy ? "One moment …" : "Look"}</button>
      <span class="quiet">or Ctrl+Enter; at most ${served.max_tokens} tokens</span></p>
  </form>`;
}

// source/steps.js
function Steps({ described, source, kind, layer, head, token, onToken, onHead }) {
  const { found, problem } = usePromise(async () => {
    const steps = await source.steps(kind, layer, head);
    if (!steps) return { missing: true };
    const names = Object.keys(steps.arrays);
    const arrays = await Promise.all(names.map((name) => unpack(steps.arrays[name])));
    return { normFirst: steps.norm_first, of: `${kind}.${layer}.${head}`, arrays: Object.fromEntries(names.map((name, place) => [name, arrays[place]])) };
  }, [source, kind, layer, head]);
  if (problem) return fe`<p class="problem" role="alert">${problem.message}</p>`;
  if (!found) return fe`<p class="card quiet">One moment …</p>`;
  if ("missing" in found) return fe`<${Missing} described=${described} onHead=${onHead} />`;
  if (found.of !== `${kind}.${layer}.${head}`) return fe`<p class="card quiet">One moment …</p>`;
  const { rows } = described.kinds[kind];
  return fe`<div class="steps">
    <section class="card" aria-label="Which token looks">
      <p class="reads">${kind === "encoder" ? "The token that looks" : "The token that is written"}; choose another one.</p>
      <${Radios} label="Token that looks" kind="tokens" value=${token} onChoose=${onToken}
        items=${rows.map((text) => ({ content: fe`<${Token} text=${text} />` }))} />
    </section>
    <${Story} described=${described} kind=${kind} layer=${layer} head=${head} token=${token} arrays=${found.arrays} normFirst=${found.normFirst} />
  </div>`;
}
function Missing({ described, onHead }) {
  return fe`<section class="card">
    <p>This file carries the calculation of some heads only; <code>manyheads look --layer L --head H</code> names others,${" "}and <code>manyheads serve</code> has those of all.</p>
    <p class="tokens">${described.calculations.map(({ kind, layer, head }) => fe`<button type="button"
      onClick=${() => onHead(kind, layer, head)}>${kind} layer ${layer}, head ${head}</button>`)}</p>
  </section>`;
}
function Step({ number: number2, title: title2, says, children }) {
  return fe`<section class="card step" aria-label=${title2}>
    <h2><span class="step-number">${number2}</span> ${title2}</h2>
    <p class="says">${says}</p>
    ${children}
  </section>`;
}
function Story({ described, kind, layer, head, token, arrays, normFirst }) {
  const { rows, columns, heads, causal } = described.kinds[kind];
  const width = arrays.query.shape[1];
  const query = rowOf(arrays.query, token);
  const products = Float32Array.from(columns, (_2, column) => causal && column > token ? -Infinity : dot(query, rowOf(arrays.key, column)));
  const scaled = products.map((product2) => product2 / Math.sqrt(width));
  const weights = softmax(scaled);
  const context = weighted(weights, arrays.value);
  const best = weights.reduce((most, share, place) => share > weights[most] ? place : most, 0);
  const wide = (name) => rowOf(arrays[name], token);
  const fed = kind === "encoder" ? rows[token] : described.kinds.decoder?.columns[token] ?? rows[token];
  const who = fe`<${Token} text=${fed} />`;
  const strongest2 = fe`<${Token} text=${columns[best]} />`;
  const looked = kind === "cross" ? "source token" : "token";
  const parts = ["token", "position", "segment"].filter((name) => arrays[`embedding.${name}`]);
  let number2 = 0;
  const next = () => {
    number2 += 1;
    return number2;
  };
  return fe`
    <${Step} number=${next()} title="What it begins with" says=${fe`${kind === "encoder" ? "" : fe`To write ${fe`<${Token} text=${rows[token]} />`} the decoder was fed with the token before, ${who}. `}${who} begins
      as the sum of vectors: which token it is,${" "}where it stands${arrays["embedding.segment"] ? ", and which of two texts it is of" : ""}.`}>
      ${parts.map((name, place) => fe`<${Strip} values=${wide(`embedding.${name}`)} label=${`${place ? "+ " : ""}${name}`} step=${`embedding.${name}`} />`)}
      <${Strip} values=${added(parts.map((name) => wide(`embedding.${name}`)))} label="= sum" step="embedding.sum" />
      ${arrays["embedding.embedded"] && fe`<${Strip} values=${wide("embedding.embedded")} label="normed: what layer 0 is given" step="embedding.embedded" />`}
    </${Step}>
    <${Step} number=${next()} title="What this layer is given" says=${layer === 0 && kind !== "cross" ? fe`In layer 0 that is just this vector${normFirst ? ", normed" : ""}.` : fe`What ${layer > 0 ? `the ${layer} layer${layer > 1 ? "s" : ""} below` : "the sublayer before"} made of it: the vector now depends on the other tokens${normFirst ? "; it is normed before it is read" : ""}.`}>
      <${Strip} values=${wide("before")} label="the token's vector" step="before" />
      ${normFirst && fe`<${Strip} values=${wide("inner")} label="normed" step="inner" />`}
    </${Step}>
    <${Step} number=${next()} title="The trained matrices" says=${fe`Head ${head} has three matrices that training has found: each makes ${width} numbers
      of a vector's ${arrays.before.shape[1]}.`}>
      <div class="sheets">
        <${Sheet} matrix=${arrays["query.weight"]} label="for queries" />
        <${Sheet} matrix=${arrays["key.weight"]} label="for keys" />
        <${Sheet} matrix=${arrays["value.weight"]} label="for values" />
      </div>
    </${Step}>
    <${Step} number=${next()} title="Its query" says=${fe`The vector times the first matrix: what ${who} looks for.`}>
      <${Strip} values=${query} label="query" step="query" />
    </${Step}>
    <${Step} number=${next()} title=${`Every ${looked}'s key`} says=${fe`A vector times the second matrix: what each ${looked} offers. A row a token.`}>
      <${Sheet} matrix=${arrays.key} label=${`keys of ${columns.length} tokens`} />
      <${Strip} values=${rowOf(arrays.key, best)} label=${fe`key of ${strongest2}`} step="key.best" />
    </${Step}>
    <${Step} number=${next()} title="Inner products" says=${fe`Query times key, number by number, and summed. The largest is that with ${strongest2}: ${digits(products[best])}.`}>
      <${Strip} values=${products} names=${columns} label="query · key" step="products" />
    </${Step}>
    <${Step} number=${next()} title="Divided by the square root" says=${fe`By √${width} = ${Math.sqrt(width).toFixed(2)}, so that they do not grow with the width
      and the softmax stays soft: ${digits(products[best])} becomes ${digits(scaled[best])}.`}>
      <${Strip} values=${scaled} names=${columns} label="scores" step="scores" />
    </${Step}>
    <${Step} number=${next()} title="Softmax" says=${fe`e to the power of each score, as shares of their sum: ${percent(weights[best])} goes to ${strongest2}.
      ${causal ? " Tokens that were not yet written get nothing." : ""}`}>
      <${Strip} values=${weights} names=${columns} label="weights, which sum to 1" step="weights" signed=${false} />
    </${Step}>
    <${Step} number=${next()} title="Values, weighted" says=${fe`Each ${looked}'s value, made by the third matrix, times its weight, summed: what ${who} carries away from head ${head}.`}>
      <${Sheet} matrix=${arrays.value} label=${`values of ${columns.length} tokens`} />
      <${Strip} values=${context} label="context" step="context" />
    </${Step}>
    <${Step} number=${next()} title="Heads side by side, and projected" says=${fe`The contexts of all ${heads} heads stand side by side; head ${head}'s is framed. One more trained matrix mixes them.`}>
      <${Strip} values=${wide("contexts")} label="contexts of all heads" step="contexts" marked=${[head * width, (head + 1) * width]} />
      <${Strip} values=${wide(`${kind}.said`)} label="projected" step="said" />
    </${Step}>
    <${Step} number=${next()} title="Residual, norm, feed-forward" says=${fe`What attention says is added to the vector that was there${normFirst ? "" : ", and the sum is normed"}. Then each token thinks by itself.`}>
      ${after(kind, arrays, token, normFirst).map(([name, words, total]) => fe`
        ${name === kind ? "" : fe`<${Strip} values=${wide(`${name}.said`)} label=${`${words} says`} step=${`${name}.said`} />`}
        <${Strip} values=${total} label=${`with ${words} added`} step=${`${name}.total`} />
        ${normFirst ? "" : fe`<${Strip} values=${wide(`${name}.result`)} label="normed" step=${`${name}.result`} />`}`)}
    </${Step}>
    <${Last} described=${described} kind=${kind} token=${token} number=${next()} layers=${described.kinds[kind].layers} />`;
}
function after(kind, arrays, token, normFirst) {
  const all = [[kind, "attention"], ["cross", "cross attention"], ["feedforward", "the feed-forward part"]];
  let given = rowOf(arrays.before, token);
  return all.filter(([name], place) => arrays[`${name}.said`] && (place === 0 || name !== kind)).map(([name, words]) => {
    const total = added([given, rowOf(arrays[`${name}.said`], token)]);
    given = normFirst ? total : rowOf(arrays[`${name}.result`], token);
    return [name, words, total];
  });
}
function added(vectors) {
  return vectors[0].map((_2, place) => vectors.reduce((sum, vector) => sum + vector[place], 0));
}
function Last({ described, kind, token, number: number2, layers }) {
  const { answer } = described;
  const words = kind === "encoder" && described.written ? void 0 : answer.words[token];
  if (answer.what === "labels") {
    return fe`<${Step} number=${number2} title="The answer" says=${`Behind the last of ${layers} layers the label is read off.`}>
      <${Bars} words=${answer.labels} label="labels" /></${Step}>`;
  }
  if (!words) {
    return fe`<${Step} number=${number2} title="And so on" says=${kind === "encoder" && described.written ? `Behind the last of ${layers} layers this is what the decoder looks at.` : `Behind the last of ${layers} layers stand the states that are pooled to the text's vector.`} />`;
  }
  return fe`<${Step} number=${number2} title="Probabilities of words" says=${fe`Behind the last of ${layers} layers the vector is compared with every
    word's: the likeliest at ${fe`<${Token} text=${described.kinds[kind].rows[token]} />`} are these.`}>
    <${Bars} words=${words} label="Likeliest words" chosen=${described.kinds[kind].rows[token]} />
  </${Step}>`;
}

// source/explorer.js
function Page({ source, linked }) {
  const { found: described, problem } = usePromise(async () => read(await source.describe()), [source]);
  if (problem) return fe`<${Problem} error=${problem} />`;
  if (!described) return "";
  return fe`<${Explorer} described=${described} source=${source} linked=${linked} />`;
}
function Explorer({ described: told2, source, linked, onOff, onBegin }) {
  const [meaning, setMeaning] = G(told2.meaning);
  const described = Y(() => ({ ...told2, meaning }), [told2, meaning]);
  const maps = Y(() => new Maps(described, source), [told2, source]);
  const [asked, setAsked] = G(() => begin(described, source.live));
  const chosen = within(described, asked, source.live);
  const choose = (change) => setAsked((before) => ({ ...before, ...change }));
  const hash = toHash(chosen);
  J(() => {
    if (!linked) return void 0;
    const follow = () => {
      if (location.hash.slice(1) !== hash) setAsked(begin(described, source.live));
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [hash]);
  J(() => {
    if (!linked || location.hash.slice(1) === hash) return;
    const another = location.hash && !location.hash.startsWith(`#view=${chosen.view}&`);
    history[another ? "pushState" : "replaceState"](null, "", `#${hash}`);
  }, [hash]);
  const views = viewsOf(described, source.live);
  const known = (view) => {
    const found = described.calculations;
    const has = found.some(({ kind: kind2, layer: layer2, head: head2 }) => kind2 === chosen.kind && layer2 === chosen.layer && head2 === chosen.head);
    if (view !== "steps" || source.live || has || !found.length) return {};
    const [{ kind, layer, head }] = found;
    return { kind, layer, head };
  };
  return fe`
    <${Heading} described=${described} />
    <nav class="views" aria-label="Views">${views.map(([name, text]) => fe`<button key=${name} type="button"
      aria-current=${name === chosen.view ? "page" : void 0} onClick=${() => choose({ view: name, ...known(name), ...name === "rollout" ? { layer: null } : {} })}>${text}</button>`)}</nav>
    <${Choices} described=${described} chosen=${chosen} choose=${choose} />
    <main><${View} described=${described} source=${source} maps=${maps} chosen=${chosen} choose=${choose} onOff=${onOff} onBegin=${onBegin} onMeaning=${setMeaning} /></main>
    <${Footer} described=${described} view=${chosen.view} />`;
}
function Heading({ described }) {
  const long = described.texts.join("").length > 240;
  return fe`<header>
    <p class="eyebrow">manyheads <span aria-hidden="true">·</span> <bdi>${described.model}</bdi></p>
    <h1 class=${long ? "long" : ""}>${described.texts.map((text, place) => fe`<bdi key=${place} dir="auto">${text}</bdi>`)}</h1>
    <dl class="notes">${Object.entries(described.notes).map(([name, note]) => fe`<div key=${name}><dt>${name}</dt><dd>${note}</dd></div>`)}</dl>
  </header>`;
}
function Choices({ described, chosen, choose }) {
  const { view, kind } = chosen;
  if (view === "meaning") return "";
  const { layers, heads } = described.kinds[kind];
  const mean = view !== "steps";
  const numbered2 = (count) => {
    const each = Array.from({ length: count }, (_2, number3) => (
      /** @type {[string, string]} */
      [String(number3), String(number3)]
    ));
    return count > 1 && mean ? [
      /** @type {[string, string]} */
      ["mean", "mean"],
      ...each
    ] : each;
  };
  const kinds = Object.keys(described.kinds).filter((name) => view !== "rollout" || name === "encoder");
  const number2 = (value) => value === "mean" ? null : Number(value);
  return fe`<form class="choices" id="choices" aria-label="Which map" onSubmit=${(event) => event.preventDefault()}>
    ${view !== "translation" && fe`<${Choice} name="kind" title="Attention" value=${kind} options=${kinds.map((name) => [name, name])}
      onChoose=${(value) => choose({ kind: value })} />`}
    ${view !== "grid" && fe`<${Choice} name="layer" title=${view === "rollout" ? "Up to layer" : "Layer"}
      value=${String(chosen.layer ?? (view === "rollout" ? layers - 1 : "mean"))}
      options=${view === "rollout" ? numbered2(layers).slice(layers > 1 ? 1 : 0) : numbered2(layers)}
      onChoose=${(value) => choose({ layer: number2(value) })} />`}
    ${(view === "head" || view === "steps") && fe`<${Choice} name="head" title="Head" value=${String(chosen.head ?? "mean")} options=${numbered2(heads)}
      onChoose=${(value) => choose({ head: number2(value) })} />`}
    ${view === "head" && kind in described.value_sizes && fe`<${Choice} name="value" title="Shown" value=${chosen.value ? "1" : "0"}
      options=${[["0", "weights"], ["1", "weights × size of values"]]} onChoose=${(value) => choose({ value: value === "1" })} />`}
  </form>`;
}
function View({ described, source, maps, chosen, choose, onOff, onBegin, onMeaning }) {
  const { view, kind, layer, head, token } = chosen;
  const shown = toHash(chosen);
  J(() => {
    if (view !== "head" && view !== "rollout") document.documentElement.dataset.shown = shown;
  }, [shown]);
  switch (view) {
    case "grid":
      return fe`<${Grid} maps=${maps} kind=${kind} onOpen=${(inLayer, number2) => choose({ view: "head", layer: inLayer, head: number2 })} />
        <${Saving} described=${described} maps=${maps} chosen=${chosen} />`;
    case "steps":
      return fe`<${Steps} described=${described} source=${source} kind=${kind} layer=${layer} head=${head} token=${token}
        onToken=${(place) => choose({ token: place })}
        onHead=${(other, inLayer, number2) => choose({ kind: other, layer: inLayer, head: number2 })} />
        <${Saving} described=${described} maps=${maps} chosen=${chosen} />`;
    case "translation":
      return fe`<${Translation} described=${described} maps=${maps} token=${token} layer=${layer} onToken=${(place) => choose({ token: place })} onBegin=${onBegin} />
        <${Saving} described=${described} maps=${maps} chosen=${chosen} />`;
    case "meaning":
      return fe`<${Meanings} meaning=${described.meaning} text=${described.texts[0]} compare=${source.compare} onFound=${onMeaning} />
        ${described.meaning && fe`<${Saving} described=${described} maps=${maps} chosen=${chosen} />`}`;
    default:
      return fe`${view === "head" && onOff && layer !== null && head !== null && fe`<${Switch} described=${described} head=${[kind, layer, head]} onOff=${onOff} />`}
        <${Shown} described=${described} maps=${maps} chosen=${chosen} />`;
  }
}
function Switch({ described, head, onOff }) {
  const off = described.off.some((each) => each.join() === head.join());
  const seeWhere = () => document.querySelector(".what-if")?.scrollIntoView({ behavior: "smooth" });
  return fe`<p class="saving switch"><button type="button" id="switch" onClick=${() => onOff(head)}>Switch this head ${off ? "on again" : "off"}</button>
    ${off && fe` This head is off: what it says is left out.${typeof described.moved === "number" ? fe` The result has moved by <b>${described.moved.toPrecision(3)}</b>; <button type="button" class="take" onClick=${seeWhere}>see where</button>` : ""}`}</p>`;
}
function Shown({ described, maps, chosen }) {
  const { view, kind, layer, head, value } = chosen;
  const rolling = view === "rollout";
  const wanted = toHash(chosen);
  const { found, problem } = usePromise(async () => {
    const map = rolling ? maps.rollout(kind, layer) : maps.select(kind, layer, head, value);
    return { map: await map, wanted };
  }, [maps, wanted]);
  J(() => {
    if (problem) document.documentElement.dataset.shown = "problem";
    else if (found?.wanted === wanted) {
      document.documentElement.dataset.shown = wanted;
      maps.ahead(kind, layer);
    }
  }, [found, problem]);
  if (problem) return fe`<${Problem} error=${problem} live=${maps.source.live} />`;
  if (!found) return fe`<p class="card quiet">One moment …</p>`;
  const { layers } = described.kinds[kind];
  const name = rolling ? `Attention rollout over layers 0 to ${layer ?? layers - 1}` : title(described, chosen);
  const reads = rolling ? "The mean of the heads and the residual in equal parts, multiplied layer by layer: how much of each token could have flowed into a row's token." : described.kinds[kind].reads;
  return fe`<${MapView} map=${found.map} title=${name} reads=${reads} of=${rolling ? "rollout" : value ? "share of what is carried" : "attention weight"} />
    <${Saving} described=${described} maps=${maps} chosen=${chosen} />`;
}
function Saving({ described, maps, chosen }) {
  const save = async (format, event) => {
    const root = (
      /** @type {ParentNode} */
      /** @type {unknown} */
      /** @type {Element} */
      event.target.getRootNode()
    );
    const { blob, name } = await saved(described, maps, chosen, format, root);
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1e4);
  };
  return fe`<p class="saving">For a paper:${" "}
    <button type="button" onClick=${(event) => save("svg", event)}>SVG</button>${" "}
    <button type="button" onClick=${(event) => save("png", event)}>PNG</button></p>`;
}
function Problem({ error, live = false }) {
  J(() => {
    document.documentElement.dataset.shown = "problem";
  }, []);
  if (live) return fe`<p class="problem" role="alert">This map cannot be had: ${error.message}.</p>`;
  return fe`<p class="problem" id="problem" role="alert">This page is damaged, or was made by another version: ${error.message}. Write it again with manyheads look.</p>`;
}
function Footer({ described, view }) {
  const spelt = Object.values(described.kinds).flatMap(({ rows, columns }) => [...rows, ...columns]).join("");
  return fe`<footer>
    <p>A row of weights sums to one; they are stored here to within 0.004. ${view === "rollout" ? "Rollout (Abnar and Zuidema 2020) follows weights alone and treats all heads alike. " : ""}A weight says where a head took its input from.
      By itself it does not prove why the model decided as it did: other weights can give the same answer (Jain and Wallace 2019), though
      not any weights would do (Wiegreffe and Pinter 2019). Switching a head off, or a word, is the stronger test.</p>
    ${/[␣∅]/.test(spelt) && fe`<p>␣ is a token that is a space; ∅ one that shows no letter of its own, for several tokens spell one together.</p>`}
  </footer>`;
}
function mount(element, source, { linked = false } = {}) {
  element.replaceChildren();
  M(fe`<${Page} source=${source} linked=${linked} />`, element);
}
function inNotebook({ model, el }) {
  const root = el.attachShadow({ mode: "open" });
  const style = root.appendChild(document.createElement("style"));
  style.textContent = model.get("style");
  const body = root.appendChild(document.createElement("div"));
  body.className = "body";
  mount(body, ofNotebook(model.get("document"), model.get("blocks")));
}
var explorer_default = { render: inNotebook };
var own = document.getElementById("manyheads-explorer");
if (own && document.getElementById("manyheads-document")?.textContent === "null") {
  own.replaceChildren();
  M(fe`<${Live} />`, own);
} else if (own) {
  mount(own, ofFile(document), { linked: true });
}
export {
  Explorer,
  explorer_default as default,
  mount
};
