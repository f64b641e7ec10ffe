"""What one exchange costs a rank, by the number of ranks and of workers on each.

The formulas of docs/scaling.md. Names in capitals are constants of the library, by the names that
they have there, unless they say that they were measured.
"""

import math
from dataclasses import dataclass

KB = 1024
MB = 1024 * KB
PAGE = 4 * KB
HUGE_PAGE = 2 * KB * KB  # that network slabs are cut from, here by all ranks together

SLOTS = 8  # SlabRing::slots, and the credits of a channel
ORDINARY_SLAB_CAPACITY = 16 * KB
ORDINARY_SLAB_ITEMS = 1024
NETWORK_SLAB_CAPACITY = 64 * KB - 128
MOST_LANES = 64  # ClusterMember::most_lanes
MOST_KEPT = 256  # SlabPool::most_kept
POSTED_RECEIVES = 14  # of the link over MPI, for each other rank
RECORD = 16
# What goes before the records of a slab: its image in memory where it travels as it is, otherwise
# the kind of the frame and SlabHeader.
IMAGE_HEADER = 64
FRAME_HEADER = 4 + 40
LEAST_IMAGE = 8 * KB
CREDIT_FRAME = 4 + 16
MARKS = 2  # of an end: of the round and of the stream

# Measured: an end of a channel (half of it its ring and its credits, the rest its places in the
# tables of the network and of its worker), a worker (most of it its stack), a rank, and the pages
# of the program that its first job touches.
MEMORY_OF_AN_END = 620
MEMORY_OF_A_WORKER = 15 * KB
MEMORY_OF_A_RANK = 10 * KB
MEMORY_OF_A_PROGRAM = 130 * KB
SECONDS_OF_AN_END = 0.7e-6
SECONDS_OF_A_WORKER = 55e-6
SECONDS_OF_A_PROGRAM = 250e-6


@dataclass(frozen=True)
class Layout:
    """So many ranks with so many workers each, and the levels of an exchange."""

    ranks: int
    workers: int
    levels: int = 1

    @property
    def all_workers(self):
        return self.ranks * self.workers

    @property
    def lanes(self):
        """Ways out of a sender; each has an open slab at most."""
        return self.all_workers if self.levels == 1 else self.ranks

    @property
    def channels(self):
        """That lead from a rank to others; as many come from others."""
        return self.workers * (self.lanes - self.lanes // self.ranks)

    @property
    def ends(self):
        """What a rank has to make: both ends of a ring within it are one."""
        return 2 * self.channels + self.local_rings

    @property
    def local_rings(self):
        """From the workers of a rank to each other; with two levels also to its routers."""
        within = self.workers * self.workers
        return within if self.levels == 1 else within + self.workers


def levels_of(ranks, workers):
    """How many levels the library takes."""
    return 2 if ranks > 1 and workers > 1 and ranks * workers > MOST_LANES else 1


def posted_receives(ranks):
    """Memory that waits for messages of other ranks over MPI; used when they have come."""
    return (ranks - 1) * POSTED_RECEIVES * (NETWORK_SLAB_CAPACITY + IMAGE_HEADER)


@dataclass(frozen=True)
class Exchange:
    """So many records of 16 bytes, spread evenly by key, where only full slabs leave early."""

    layout: Layout
    records: int

    @property
    def records_of_a_channel(self):
        if self.layout.channels == 0:
            return 0
        leaving = self.records * (self.layout.ranks - 1) / self.layout.ranks
        return leaving / (self.layout.channels * self.layout.ranks)

    @property
    def full_slabs_of_a_channel(self):
        return int(self.records_of_a_channel // (NETWORK_SLAB_CAPACITY // RECORD))

    @property
    def credit_frames_of_a_channel(self):
        """One for each half of a window."""
        return (self.full_slabs_of_a_channel + MARKS) // (SLOTS // 2)

    @property
    def frames_of_a_channel(self):
        """The last records of a channel travel with its first mark."""
        return self.full_slabs_of_a_channel + MARKS + self.credit_frames_of_a_channel

    @property
    def frames(self):
        """Of a rank to others."""
        return self.layout.channels * self.frames_of_a_channel

    @property
    def most_under_way(self):
        """Frames of a rank that have left and that nobody has received: for each channel what its
        credits allow, its marks, which need none, and the credits given back for another one."""
        allowed = SLOTS + MARKS + (SLOTS + MARKS) // (SLOTS // 2)
        return self.layout.channels * min(allowed, self.frames_of_a_channel)

    @property
    def bytes_per_record(self):
        if self.records == 0:
            return 0
        rest = self.records_of_a_channel % (NETWORK_SLAB_CAPACITY // RECORD) * RECORD
        of_a_channel = (self.records_of_a_channel * RECORD +
                        self.full_slabs_of_a_channel * IMAGE_HEADER +
                        (IMAGE_HEADER if rest >= LEAST_IMAGE else FRAME_HEADER) + FRAME_HEADER +
                        self.credit_frames_of_a_channel * CREDIT_FRAME)
        return of_a_channel * self.layout.channels * self.layout.ranks / self.records

    @property
    def memory_before(self):
        """Of a rank, when its channels are there and no record has moved yet."""
        layout = self.layout
        routes = 0 if layout.levels == 1 else 2 * layout.workers * 4 * layout.all_workers
        return (layout.ends * MEMORY_OF_AN_END + layout.workers * MEMORY_OF_A_WORKER +
                MEMORY_OF_A_RANK + MEMORY_OF_A_PROGRAM / layout.ranks + routes)

    @property
    def open_slabs(self):
        """Memory of the slabs that the senders of a rank fill, all of them at once."""
        layout = self.layout
        return ((NETWORK_SLAB_CAPACITY + IMAGE_HEADER) * layout.channels +
                (ORDINARY_SLAB_CAPACITY + IMAGE_HEADER) * layout.local_rings)

    @property
    def most_memory(self):
        """What it cannot exceed while records are spread evenly: as much in every channel as there
        are slots and credits for, or as there are records. A channel has a ring on either side, and
        its sender an open slab, one that found the ring full, and one that waits for a credit."""
        layout = self.layout
        network = layout.channels * most_in_huge_pages(
            2 * SLOTS + 3, NETWORK_SLAB_CAPACITY, self.records_of_a_channel * RECORD)
        # With two levels all records pass a router.
        hops = layout.levels * self.records * RECORD / layout.ranks
        local = layout.local_rings * most_in_flight(
            SLOTS + 2, ORDINARY_SLAB_CAPACITY, hops / layout.local_rings)
        kept = layout.workers * min(MOST_KEPT * ORDINARY_SLAB_CAPACITY, hops / layout.workers)
        begun = HUGE_PAGE / layout.ranks if layout.channels else 0
        return self.memory_before + network + begun + local + kept

    @property
    def seconds_to_build(self):
        """Processor time of a rank."""
        layout = self.layout
        return (layout.ends * SECONDS_OF_AN_END + layout.workers * SECONDS_OF_A_WORKER +
                SECONDS_OF_A_PROGRAM / layout.ranks)


def most_in_flight(slabs, capacity, data):
    """Memory of a channel: of a slab only the pages are there that were written to."""
    whole = slabs * (capacity + IMAGE_HEADER)
    return min(whole, data + math.ceil(data / capacity + 1) * 2 * PAGE)


def most_in_huge_pages(slabs, capacity, data):
    """Memory of a channel whose slabs are there as a whole, however little was written to them."""
    return min(slabs, math.ceil(data / capacity) + 1) * (capacity + IMAGE_HEADER)
