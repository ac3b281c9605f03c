/*
 * Microphones for real PortAudio, as an ALSA plug-in (ioplug): exact channel counts, rates and
 * formats, converting nothing, like the "hw:" device of a real card.
 *
 * pcm.NAME { type fake_card control "/file" wave "/mono.f32" channels 2 rate 48000 format S32_LE }
 *
 * The wave (32-bit floats, mono, at the device's rate) is played in a loop into every channel. What
 * may change while a test runs lies in the control file, see fake_sound_card.py: who is plugged in
 * or busy, the gain and offset of each channel, which part of the wave, how much arrives.
 */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CHANNELS 8
#define TURN_NS 10000000

/* in the order of FIELDS in fake_sound_card.py */
struct control {
    int32_t open_errno;   /* what opening fails with: EBUSY, ENODEV; 0: it opens */
    int32_t pulled_out;   /* no more frames, no error: as a USB microphone behaves */
    int32_t loop_frames;  /* only the first frames of the wave, again and again; 0: all of it */
    int32_t per_mille;    /* frames that arrive per 1000 that should */
    int32_t gate_micro;   /* samples below this millionth of full scale become zeros; 0: none do */
    int32_t opens;        /* counted here */
    int32_t gain_milli[CHANNELS];
    int32_t offset_micro[CHANNELS];
};

struct microphone {
    snd_pcm_ioplug_t io;
    struct control *control;
    float *wave;
    size_t frames, at;
    int timer, running, quiet_frames;
    double began_s;
    uint64_t taken;
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static void set_timer(struct microphone *self, long nanoseconds) {
    struct itimerspec every = {{0, nanoseconds}, {0, nanoseconds}};
    timerfd_settime(self->timer, 0, &every, NULL);
}

static int start(snd_pcm_ioplug_t *io) {
    struct microphone *self = io->private_data;
    self->began_s = now_s();
    self->taken = 0;
    self->running = 1;
    set_timer(self, TURN_NS);
    return 0;
}

static int stop(snd_pcm_ioplug_t *io) {
    struct microphone *self = io->private_data;
    self->running = 0;
    set_timer(self, 0);
    return 0;
}

/* Frames that the converter has made since the start. */
static uint64_t made(struct microphone *self) {
    if (self->control->pulled_out) return self->taken;
    double frames = (now_s() - self->began_s) * self->io.rate * self->control->per_mille / 1000;
    return frames > (double)self->taken ? (uint64_t)frames : self->taken;
}

static snd_pcm_sframes_t pointer(snd_pcm_ioplug_t *io) {
    struct microphone *self = io->private_data;
    uint64_t frames = self->running ? made(self) : self->taken;
    if (frames - self->taken >= io->buffer_size) {
        self->began_s += (double)(frames - self->taken) / io->rate;
        return -EPIPE;
    }
    return frames % io->buffer_size;
}

static void put(char *to, snd_pcm_format_t format, double value) {
    double limited = value > 1 - 1e-9 ? 1 - 1e-9 : value < -1 ? -1 : value;
    if (format == SND_PCM_FORMAT_S16_LE) {
        *(int16_t *)to = (int16_t)lrint(fmin(limited * 32768.0, 32767.0));
    } else if (format == SND_PCM_FORMAT_S24_LE) {
        *(int32_t *)to = (int32_t)lrint(fmin(limited * 8388608.0, 8388607.0)) & 0xffffff;
    } else if (format == SND_PCM_FORMAT_S24_3LE) {
        int32_t whole = (int32_t)lrint(fmin(limited * 8388608.0, 8388607.0));
        memcpy(to, &whole, 3);
    } else {
        *(int32_t *)to = (int32_t)lrint(fmin(limited * 2147483648.0, 2147483392.0));
    }
}

static double next_sample(struct microphone *self) {
    struct control *control = self->control;
    size_t loop = control->loop_frames ? (size_t)control->loop_frames : self->frames;
    if (!self->frames) return 0;
    if (self->at >= loop || self->at >= self->frames) self->at = 0;
    double sample = self->wave[self->at++];
    if (!control->gate_micro) return sample;
    self->quiet_frames = fabs(sample) * 1e6 < control->gate_micro ? self->quiet_frames + 1 : 0;
    return self->quiet_frames > (int)self->io.rate / 10 ? 0 : sample;
}

static snd_pcm_sframes_t transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                  snd_pcm_uframes_t offset, snd_pcm_uframes_t size) {
    struct microphone *self = io->private_data;
    self->taken += size;
    for (snd_pcm_uframes_t i = 0; i < size; i++) {
        double sample = next_sample(self);
        for (unsigned c = 0; c < io->channels; c++) {
            char *to = (char *)areas[c].addr + (areas[c].first + (offset + i) * areas[c].step) / 8;
            double gain = self->control->gain_milli[c % CHANNELS] / 1000.0;
            put(to, io->format, gain * sample + self->control->offset_micro[c % CHANNELS] / 1e6);
        }
    }
    return size;
}

static int poll_revents(snd_pcm_ioplug_t *io, struct pollfd *polled, unsigned count,
                        unsigned short *events) {
    struct microphone *self = io->private_data;
    uint64_t expired;
    (void)polled, (void)count;
    *events = 0;
    if (read(self->timer, &expired, sizeof expired) < 0 && errno != EAGAIN) return -errno;
    if (self->running && made(self) - self->taken >= io->period_size) *events = POLLIN;
    return 0;
}

static int close_it(snd_pcm_ioplug_t *io) {
    struct microphone *self = io->private_data;
    close(self->timer);
    munmap(self->control, sizeof *self->control);
    free(self->wave);
    free(self);
    return 0;
}

static const snd_pcm_ioplug_callback_t CALLBACKS = {
    .start = start,
    .stop = stop,
    .pointer = pointer,
    .transfer = transfer,
    .poll_revents = poll_revents,
    .close = close_it,
};

static void *map_file(const char *path, int writable, size_t *size) {
    int file = open(path, writable ? O_RDWR : O_RDONLY);
    if (file < 0) return NULL;
    *size = (size_t)lseek(file, 0, SEEK_END);
    int rights = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *memory = mmap(NULL, *size, rights, MAP_SHARED, file, 0);
    close(file);
    return memory == MAP_FAILED ? NULL : memory;
}

static int restrict_to(snd_pcm_ioplug_t *io, unsigned channels, unsigned rate, unsigned format) {
    unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED};
    int error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 2, access);
    if (!error) error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, &format);
    unsigned limits[][3] = {
        {SND_PCM_IOPLUG_HW_CHANNELS, channels, channels},
        {SND_PCM_IOPLUG_HW_RATE, rate, rate},
        {SND_PCM_IOPLUG_HW_PERIOD_BYTES, 256, 1 << 21},
        {SND_PCM_IOPLUG_HW_BUFFER_BYTES, 1024, 1 << 23},
        {SND_PCM_IOPLUG_HW_PERIODS, 2, 64},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits && !error; i++) {
        error = snd_pcm_ioplug_set_param_minmax(io, (int)limits[i][0], limits[i][1], limits[i][2]);
    }
    return error;
}

SND_PCM_PLUGIN_DEFINE_FUNC(fake_card) {
    long channels = 1, rate = 48000;
    const char *format = "S16_LE", *control_path = "", *wave_path = "";
    snd_config_iterator_t item, next;
    snd_config_for_each(item, next, conf) {
        snd_config_t *entry = snd_config_iterator_entry(item);
        const char *id;
        if (snd_config_get_id(entry, &id) < 0) continue;
        if (!strcmp(id, "channels")) snd_config_get_integer(entry, &channels);
        if (!strcmp(id, "rate")) snd_config_get_integer(entry, &rate);
        if (!strcmp(id, "format")) snd_config_get_string(entry, &format);
        if (!strcmp(id, "control")) snd_config_get_string(entry, &control_path);
        if (!strcmp(id, "wave")) snd_config_get_string(entry, &wave_path);
    }
    if (stream != SND_PCM_STREAM_CAPTURE) return -ENODEV;
    size_t size = 0;
    struct control *control = map_file(control_path, 1, &size);
    if (!control || size < sizeof *control) return -ENOENT;
    if (control->open_errno) {
        int error = control->open_errno;
        munmap(control, sizeof *control);
        return -error;
    }
    control->opens++;
    struct microphone *self = calloc(1, sizeof *self);
    self->control = control;
    void *wave = map_file(wave_path, 0, &size);
    if (wave) {
        self->frames = size / sizeof(float);
        self->wave = malloc(size);
        memcpy(self->wave, wave, size);
        munmap(wave, size);
    }
    self->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    self->io.version = SND_PCM_IOPLUG_VERSION;
    self->io.name = "fake microphone";
    self->io.callback = &CALLBACKS;
    self->io.private_data = self;
    self->io.poll_fd = self->timer;
    self->io.poll_events = POLLIN;
    int error = snd_pcm_ioplug_create(&self->io, name, stream, mode);
    if (error < 0) return error;
    error = restrict_to(&self->io, channels, rate, snd_pcm_format_value(format));
    if (error < 0) {
        snd_pcm_ioplug_delete(&self->io);
        return error;
    }
    *pcmp = self->io.pcm;
    return 0;
}

SND_PCM_PLUGIN_SYMBOL(fake_card);
