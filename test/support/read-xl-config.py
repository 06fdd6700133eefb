# What libxlutil, the library with which xl reads a guest's file, makes of texts: [{"text": …, "names": […]}] on stdin,
# for each of them an object of values on stdout, or null where it refuses the text. The path of the library is the argument.
import ctypes
import json
import sys

xlu = ctypes.CDLL(sys.argv[1])
libc = ctypes.CDLL(None)
pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
libc.fopen.restype = pointer
xlu.xlu_cfg_init.restype = pointer
xlu.xlu_cfg_init.argtypes = [pointer, text]
xlu.xlu_cfg_readdata.argtypes = [pointer, text, number]
xlu.xlu_cfg_get_string.argtypes = [pointer, text, ctypes.POINTER(text), number]
xlu.xlu_cfg_get_list.argtypes = [pointer, text, ctypes.POINTER(pointer), ctypes.POINTER(number), number]
xlu.xlu_cfg_get_listitem.restype = text
xlu.xlu_cfg_get_listitem.argtypes = [pointer, number]
report = libc.fopen(b"/dev/null", b"w")


def read(source, names):
    config = xlu.xlu_cfg_init(report, b"test")
    data = source.encode()
    if xlu.xlu_cfg_readdata(config, data, len(data)) != 0:
        return None
    found = {}
    for name in names:
        value, items, count = text(), pointer(), number()
        if xlu.xlu_cfg_get_string(config, name.encode(), ctypes.byref(value), 1) == 0:
            found[name] = value.value.decode()
        elif xlu.xlu_cfg_get_list(config, name.encode(), ctypes.byref(items), ctypes.byref(count), 1) == 0:
            found[name] = [xlu.xlu_cfg_get_listitem(items, index).decode() for index in range(count.value)]
    return found


print(json.dumps([read(one["text"], one["names"]) for one in json.load(sys.stdin)]))
