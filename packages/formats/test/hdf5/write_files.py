"""Writes HDF5 files with h5py into a folder: every version of groups, attributes and layouts that is read."""

import sys

import h5py
import numpy as np

folder = sys.argv[1]


def fill(f, many_groups=1500, many_chunks=5000, many_attributes=30):
    f.create_dataset('gzip', data=np.arange(1000, dtype='f4').reshape(50, 20), chunks=(7, 6),
                     compression='gzip', shuffle=True, fletcher32=True)
    f.create_dataset('one chunk', data=np.arange(100, dtype='f8').reshape(10, 10), chunks=(10, 10), compression='gzip')
    f.create_dataset('chunks', data=np.arange(105, dtype='>i2').reshape(3, 5, 7), chunks=(2, 2, 3))
    f.create_dataset('many chunks', data=np.arange(many_chunks, dtype='i8'), chunks=(2,))
    f.create_dataset('many packed', data=np.arange(many_chunks, dtype='i8'), chunks=(2,), compression='gzip')
    f.create_dataset('never written', shape=(3,), dtype='f4', fillvalue=2.5)
    f.create_dataset('partly written', shape=(3, 3), dtype='f4', fillvalue=2.5, chunks=(2, 2))
    f['partly written'][0, 0] = 1
    f.create_dataset('half', data=np.array([1, 2.5], 'f2'))
    f.create_dataset('big-endian', data=np.array([1, 2.5], '>f4'))
    f.create_dataset('bool', data=np.array([True, False]))
    f.create_dataset('uint64', data=np.array([1, 2], 'u8'))
    bfloat16 = f.create_dataset('bfloat16', data=np.array([0x3F80, 0xC000], '<u2').view('V2'))
    bfloat16.attrs['dtype'] = 'bfloat16'
    f.create_dataset('scalar', data=np.float32(3))
    f.create_dataset('empty', data=np.zeros((0, 4), 'f4'))
    many = f.create_group('many')
    for i in range(many_groups):
        many.create_group('g%d' % i)
    named = f.create_group('attributes')
    for i in range(many_attributes):
        named.attrs['a%02d' % i] = 'v%d' % i
    named.attrs['bytes'] = np.array([b'ab', b'c'])
    named.attrs['texts'] = np.array(['ab', '\u00e7'], dtype=h5py.string_dtype())
    named.attrs['true'] = True
    named.attrs['empty'] = np.array([], 'f8')
    named.attrs['float'] = np.float32(0.5)
    named.attrs['ints'] = [1, -2]
    f['hard link'] = f['scalar']


for name, versions in {'earliest': ('earliest', 'latest'), 'v108': ('v108', 'v108'), 'latest': ('latest', 'latest')}.items():
    with h5py.File(f'{folder}/{name}.h5', 'w', libver=versions) as f:
        fill(f)

for libver in ('earliest', 'latest'):
    with h5py.File(f'{folder}/small {libver}.h5', 'w', libver=libver) as f:
        fill(f, 12, 40, 12)

with h5py.File(f'{folder}/tracked.h5', 'w', track_order=True) as f:
    for name in 'zxy':
        f[name] = 1
    group = f.create_group('g', track_order=True)
    for i in range(100):
        group.create_group('g%d' % i)

for libver in ('earliest', 'latest'):
    with h5py.File(f'{folder}/soft {libver}.h5', 'w', libver=libver) as f:
        f['s'] = h5py.SoftLink('/a')
    with h5py.File(f'{folder}/external link {libver}.h5', 'w', libver=libver) as f:
        f['s'] = h5py.ExternalLink('x.h5', '/a')
with h5py.File(f'{folder}/virtual.h5', 'w', libver='latest') as f:
    layout = h5py.VirtualLayout(shape=(3,), dtype='i4')
    layout[:] = h5py.VirtualSource('o.h5', 'd', shape=(3,))
    f.create_virtual_dataset('v', layout)
with h5py.File(f'{folder}/external dataset.h5', 'w') as f:
    f.create_dataset('v', shape=(3,), dtype='i4', external=[('x.bin', 0, 12)])
with h5py.File(f'{folder}/circle.h5', 'w') as f:
    f['a/b'] = f['/']
with h5py.File(f'{folder}/text.h5', 'w') as f:
    f['t'] = 'a text'
with h5py.File(f'{folder}/lzf.h5', 'w') as f:
    f.create_dataset('d', data=np.zeros(100), compression='lzf')
with h5py.File(f'{folder}/growing.h5', 'w', libver='latest') as f:
    f.create_dataset('d', data=np.zeros(100), chunks=(10,), maxshape=(None,))
with h5py.File(f'{folder}/bomb.h5', 'w') as f:
    f.create_dataset('d', shape=(2**30,), dtype='f4', chunks=(2**20,), compression='gzip')
with h5py.File(f'{folder}/wide.h5', 'w') as f:
    f['d'] = np.array([2**40])
