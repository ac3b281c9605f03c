/* A fake GPIO chip with one HX711 on it, preloaded under the real lgpio library.
 *
 *     cc -O2 -shared -fPIC -o fake_gpiochip.so fake_gpiochip.c -ldl -lpthread
 *
 * It speaks the part of the kernel's GPIO character device protocol (uAPI v2, linux/gpio.h) that
 * lgpio uses, and answers on two lines as the converter would: data sheet of the HX711, Avia
 * Semiconductor. The test steers it and reads its counters through a shared file, FAKE_HX711.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define LINES 54
#define DESCRIPTORS 1024
#define DOUT 5
#define SCK 6
#define LED 17
#define BUZZER 27
#define CONVERSION_S 0.0856   /* 11.7 a second, measured on the internal oscillator */
#define POWER_DOWN_S 60e-6

/* Keep in step with fake_gpiochip.py. */
struct control {
    int32_t code;       /* what the cell shows, 24 bits signed */
    int32_t stuck;      /* -1: DOUT follows the chip; 0 or 1: the wire is stuck there */
    int32_t dead;       /* the chip never finishes a conversion */
    int32_t open_errno; /* opening the chip fails with this */
    int32_t line_errno; /* every transfer on a line fails with this */
    int32_t hang;       /* every transfer on a line blocks */
    int32_t pause_us;   /* stop the caller this long in every pause_every-th transfer */
    int32_t pause_every;
    int32_t noise;      /* each conversion is off by up to this much, evenly */
    int32_t chip;       /* the header's chip has this number; another one answers to 0 then */
    int32_t held_line;  /* somebody else has claimed this line; -1: nobody has */
    int32_t frames, resets, opens, longest_high_us; /* counters */
    int32_t led_rises, buzzer_rises;                /* how often the panel's parts were switched on */
};

static struct control fallback = {.stuck = -1, .held_line = -1};
static struct control *control = &fallback;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int (*real_open)(const char *, int, ...);
static int (*real_ioctl)(int, unsigned long, ...);
static int (*real_close)(int);

/* ------------------------------------------------------------------ the converter */

static struct {
    int sck, pulses, has_value;
    double rose_s, ready_s;
    int32_t shift, value;
} chip;

static uint32_t seed = 1;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void chip_reset(double t_s) {
    chip.pulses = chip.has_value = 0;
    chip.ready_s = t_s + 4 * CONVERSION_S; /* settling: four conversions */
    control->resets++;
}

static void chip_convert(double t_s) {
    if (control->dead || t_s < chip.ready_s || (chip.pulses > 0 && chip.pulses < 25)) return;
    chip.pulses = 0;
    int32_t code = control->code;
    if (control->noise) {
        seed = seed * 1103515245u + 12345u;
        code += (int32_t)(seed >> 8) % (2 * control->noise + 1) - control->noise;
    }
    chip.value = code & 0xffffff;
    chip.has_value = 1;
    while (chip.ready_s <= t_s) chip.ready_s += CONVERSION_S;
}

static void chip_clock(int level) {
    double t_s = now_s();
    if (level == chip.sck) return;
    chip_convert(t_s);
    chip.sck = level;
    if (level) {
        chip.rose_s = t_s;
        if (!chip.has_value && !chip.pulses) return;
        if (++chip.pulses == 1) chip.shift = chip.value;
        if (chip.pulses == 25) {
            control->frames++;
            chip.has_value = 0;
        }
        return;
    }
    int high_us = (int)((t_s - chip.rose_s) * 1e6);
    if (high_us > control->longest_high_us && high_us < 500) control->longest_high_us = high_us;
    if (t_s - chip.rose_s > POWER_DOWN_S) chip_reset(t_s);
}

static int chip_data(void) {
    double t_s = now_s();
    if (control->stuck >= 0) return control->stuck;
    if (chip.sck && t_s - chip.rose_s > POWER_DOWN_S) return 1;
    chip_convert(t_s);
    if (chip.pulses == 0) return !chip.has_value;
    return chip.pulses <= 24 ? (chip.shift >> (24 - chip.pulses)) & 1 : 1;
}

/* ------------------------------------------------------------------ the character device */

enum kind { NONE, CHIP, OTHER_CHIP, REQUEST };
static struct { enum kind kind; uint32_t count, offset[GPIO_V2_LINES_MAX]; } files[DESCRIPTORS];
static uint64_t line_flags[LINES];
static int level[LINES];

static void drive(uint32_t line, int value) {
    if (value && !level[line] && line == LED) control->led_rises++;
    if (value && !level[line] && line == BUZZER) control->buzzer_rises++;
    level[line] = value;
    if (line == SCK) chip_clock(value);
}

static void configure(int fd, const struct gpio_v2_line_config *config) {
    uint64_t values = 0;
    for (uint32_t i = 0; i < config->num_attrs; i++)
        if (config->attrs[i].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES)
            values = config->attrs[i].attr.values & config->attrs[i].mask;
    for (uint32_t i = 0; i < files[fd].count; i++) {
        uint32_t line = files[fd].offset[i];
        line_flags[line] = GPIO_V2_LINE_FLAG_USED | config->flags;
        if (config->flags & GPIO_V2_LINE_FLAG_OUTPUT) drive(line, (values >> i) & 1);
    }
}

static int request_lines(struct gpio_v2_line_request *request) {
    for (uint32_t i = 0; i < request->num_lines; i++) {
        uint32_t line = request->offsets[i];
        if (line >= LINES) { errno = EINVAL; return -1; }
        int used = line_flags[line] & GPIO_V2_LINE_FLAG_USED || (int32_t)line == control->held_line;
        if (used) { errno = EBUSY; return -1; }
    }
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0 || fd >= DESCRIPTORS) { errno = EMFILE; return -1; }
    files[fd].kind = REQUEST;
    files[fd].count = request->num_lines;
    memcpy(files[fd].offset, request->offsets, request->num_lines * sizeof(uint32_t));
    configure(fd, &request->config);
    request->fd = fd;
    return 0;
}

static int chip_ioctl(int fd, unsigned long number, void *argument) {
    if (number == GPIO_GET_CHIPINFO_IOCTL) {
        struct gpiochip_info *info = argument;
        int header = files[fd].kind == CHIP;
        memset(info, 0, sizeof *info);
        snprintf(info->name, sizeof info->name, "gpiochip%d", header ? control->chip : 0);
        strcpy(info->label, header ? "pinctrl-bcm2711" : "gpio-brcmstb@107d508500");
        info->lines = LINES;
        return 0;
    }
    if (files[fd].kind == OTHER_CHIP) { errno = EBUSY; return -1; } /* its lines are the board's */
    if (number == GPIO_V2_GET_LINEINFO_IOCTL) {
        struct gpio_v2_line_info *info = argument;
        uint32_t line = info->offset;
        if (line >= LINES) { errno = EINVAL; return -1; }
        memset(info, 0, sizeof *info);
        info->offset = line;
        info->flags = line_flags[line] ? line_flags[line] : GPIO_V2_LINE_FLAG_INPUT;
        snprintf(info->name, sizeof info->name, "GPIO%u", line);
        if ((int32_t)line == control->held_line) {
            info->flags = GPIO_V2_LINE_FLAG_USED;
            strcpy(info->consumer, "onewire@0");
        }
        return 0;
    }
    if (number == GPIO_V2_GET_LINE_IOCTL) return request_lines(argument);
    errno = ENOTTY;
    return -1;
}

static int line_ioctl(int fd, unsigned long number, void *argument) {
    struct gpio_v2_line_values *values = argument;
    if (number == GPIO_V2_LINE_SET_CONFIG_IOCTL) {
        configure(fd, argument);
        return 0;
    }
    if (number == GPIO_V2_LINE_SET_VALUES_IOCTL) {
        for (uint32_t i = 0; i < files[fd].count; i++)
            if (values->mask >> i & 1) drive(files[fd].offset[i], values->bits >> i & 1);
        return 0;
    }
    if (number == GPIO_V2_LINE_GET_VALUES_IOCTL) {
        values->bits = 0;
        for (uint32_t i = 0; i < files[fd].count; i++) {
            uint32_t line = files[fd].offset[i];
            uint64_t bit = (uint64_t)(line == DOUT ? chip_data() : level[line]);
            if (values->mask >> i & 1) values->bits |= bit << i;
        }
        return 0;
    }
    errno = ENOTTY;
    return -1;
}

static void misbehave(void) {
    static int transfers;
    while (control->hang) usleep(10000);
    if (control->pause_us && control->pause_every && ++transfers % control->pause_every == 0)
        usleep((useconds_t)control->pause_us);
}

/* ------------------------------------------------------------------ what replaces libc's calls */

__attribute__((constructor)) static void begin(void) {
    real_open = dlsym(RTLD_NEXT, "open");
    real_ioctl = dlsym(RTLD_NEXT, "ioctl");
    real_close = dlsym(RTLD_NEXT, "close");
    const char *path = getenv("FAKE_HX711");
    int fd = path ? real_open(path, O_RDWR) : -1;
    if (fd >= 0) {
        void *shared = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shared != MAP_FAILED) control = shared;
        real_close(fd);
    }
    chip.ready_s = now_s() + 4 * CONVERSION_S;
}

static int open_any(const char *path, int flags, mode_t mode) {
    if (strcmp(path, "/proc/device-tree/system/linux,revision") == 0) {
        const char *text = getenv("FAKE_REVISION");
        uint32_t number = htonl((uint32_t)strtoul(text ? text : "a02082", 0, 16));
        int fd = memfd_create("revision", MFD_CLOEXEC);
        if (fd >= 0 && write(fd, &number, sizeof number) == sizeof number) lseek(fd, 0, SEEK_SET);
        return fd;
    }
    int number = -1;
    if (sscanf(path, "/dev/gpiochip%d", &number) != 1) return real_open(path, flags, mode);
    if (number != control->chip && number != 0) { errno = ENOENT; return -1; }
    control->opens++;
    if (control->open_errno) { errno = control->open_errno; return -1; }
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0 && fd < DESCRIPTORS) files[fd].kind = number == control->chip ? CHIP : OTHER_CHIP;
    return fd;
}

#define MODE(flags, mode) va_list list; va_start(list, flags); mode_t mode = va_arg(list, mode_t); va_end(list)
int open(const char *path, int flags, ...) { MODE(flags, mode); return open_any(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode); return open_any(path, flags, mode); }
int __open_2(const char *path, int flags) { return open_any(path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_any(path, flags, 0); }

int close(int fd) {
    if (fd >= 0 && fd < DESCRIPTORS && files[fd].kind != NONE) {
        if (files[fd].kind == REQUEST)
            for (uint32_t i = 0; i < files[fd].count; i++) line_flags[files[fd].offset[i]] = 0;
        files[fd].kind = NONE;
    }
    return real_close(fd);
}

int ioctl(int fd, unsigned long number, ...) {
    va_list list;
    va_start(list, number);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (fd < 0 || fd >= DESCRIPTORS || files[fd].kind == NONE)
        return real_ioctl(fd, number, argument);
    if (files[fd].kind == REQUEST) {
        misbehave();
        if (control->line_errno) { errno = control->line_errno; return -1; }
    }
    pthread_mutex_lock(&lock);
    int result = files[fd].kind == REQUEST ? line_ioctl(fd, number, argument)
                                           : chip_ioctl(fd, number, argument);
    pthread_mutex_unlock(&lock);
    return result;
}
