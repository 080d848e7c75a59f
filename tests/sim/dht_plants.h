/*
 * Planted bugs of the DHT's machine, put in from outside by the linker, so that the judges can be
 * tried.  Production code knows nothing of them.
 */
#ifndef VC_TESTS_SIM_DHT_PLANTS_H
#define VC_TESTS_SIM_DHT_PLANTS_H

/* X(NAME, name, scenario in which it has to be caught, what is wrong) */
#define SIM_DHT_PLANTS(X)                                                     \
    X(NONE, "none", "plain", "nothing")                                       \
    X(LOSE_DONE, "lose-done", "plain", "some asks never end")                 \
    X(DONE_TWICE, "done-twice", "plain", "some asks end twice")               \
    X(SPIN, "spin", "plain", "it is always due")                              \
    X(FALSE_YES, "false-yes", "plain", "holders say yes and keep nothing")    \
    X(FORGET, "forget", "plain", "holders forget half of what they hold")     \
    X(DICE, "dice", "plain", "the machine draws from elsewhere")              \
    X(LATE, "late", "half-dead", "time-outs come too late")                   \
    X(BLIND, "blind", "forge", "signatures are not looked at")                \
    X(ANYWHERE, "anywhere", "poison", "contacts may be at private addresses") \
    X(EVERYBODY_ROUTES, "everybody-routes", "churn",                          \
      "clients take themselves for routers")                                  \
    X(REFLECT, "reflect", "flood", "every cookie is good")                    \
    X(SAME_DAY, "same-day", "privacy", "a record is blinded alike every day") \
    X(SAME_NONCE, "same-nonce", "privacy", "a nonce is used twice")

enum sim_dht_plant {
#define SIM_DHT_PLANT_ENUM(name, text, scenario, words) SIM_DHT_PLANT_##name,
    SIM_DHT_PLANTS(SIM_DHT_PLANT_ENUM)
#undef SIM_DHT_PLANT_ENUM
        SIM_DHT_PLANT_COUNT
};

/* The one that is planted now. */
extern enum sim_dht_plant sim_dht_plant;

/* What a plant remembers of a world is forgotten. */
void sim_dht_plant_reset(void);
const char *sim_dht_plant_name(enum sim_dht_plant plant);
const char *sim_dht_plant_scenario(enum sim_dht_plant plant);

#endif
