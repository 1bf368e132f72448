{# Adds to a list the filters that the variables population_* ask about persons, each a list of its name, its rule in words, and a
   condition on the columns of persons_on_date; a filter that is not given is not there. #}
{% macro add_person_filters(filters) -%}
    {%- set ages = [var("population_min_age"), var("population_max_age")] -%}
    {%- if ages != ["", ""] -%}
        {%- set told = ages | join(" to ") -%}
        {%- if ages[0] == "" -%} {%- set told = "up to " ~ ages[1] -%} {%- endif -%}
        {%- if ages[1] == "" -%} {%- set told = ages[0] ~ " or more" -%} {%- endif -%}
        {%- do filters.append(["age", "aged " ~ told, age_within(*ages)]) -%}
    {%- endif -%}
    {%- for name, column, variable, known in [
        ("sex", "sex", "population_sex", ["male", "female"]),
        (
            "origin",
            "origin",
            "population_origins",
            ["danish_origin", "immigrant", "descendant"],
        ),
        (
            "education",
            "education_group",
            "population_education_groups",
            ["low", "medium", "high"],
        ),
    ] -%}
        {%- set words = known_words(variable, known) -%}
        {%- if words -%}
            {%- set condition = column ~ " in (" ~ quoted(words) ~ ")" -%}
            {%- do filters.append(
                [name, name ~ " " ~ words | join(" or "), condition]
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{# Adds to a list, as add_person_filters(), the filters that ask where a person lives, and whether the study's own file names the
   person. #}
{% macro add_place_filters(filters) -%}
    {%- if var("population_municipalities") -%}
        {%- set codes = var("population_municipalities") | join(", ") -%}
        {%- set condition = "municipality_code in (" ~ codes ~ ")" -%}
        {%- do filters.append(
            [
                "municipality",
                "living in the municipalities asked for",
                condition,
            ]
        ) -%}
    {%- endif -%}
    {%- if var("population_rural") is boolean -%}
        {%- if not var("rural_municipalities") -%}
            {{
                exceptions.raise_compiler_error(
                    "var 'population_rural' needs codes in 'rural_municipalities'"
                )
            }}
        {%- endif -%}
        {%- set where, condition = (
            ("rural", "is_rural")
            if var("population_rural")
            else ("urban", "not is_rural")
        ) -%}
        {%- do filters.append(
            ["rural", "living in " ~ where ~ " municipalities", condition]
        ) -%}
    {%- endif -%}
    {%- if var("population_of_cohort") -%}
        {%- do filters.append(["cohort", "in the study's own file", "is_in_cohort"]) -%}
    {%- endif -%}
{%- endmacro %}

{# A condition: the column age lies between two ages, both included; a blank one does not bind. A missing age does not. #}
{% macro age_within(youngest, oldest) -%}
    {%- if youngest != "" %} age >= {{ youngest }}
    {%- else %} age is not null
    {%- endif %}
    {%- if oldest != "" %} and age <= {{ oldest }} {%- endif -%}
{%- endmacro %}

{# The steps from all persons to the chosen population, in their order, each a list of its name, its rule in words, and the
   condition to pass it: residence, then every filter by itself, or, with population_combine any, all of them as one. #}
{% macro population_steps() -%}
    {%- set steps = [] -%}
    {%- if var("population_residents_only") -%}
        {%- do steps.append(
            ["residence", "alive and resident on the day", "is_resident"]
        ) -%}
    {%- endif -%}
    {%- set filters = [] -%}
    {%- do add_person_filters(filters) -%}
    {%- do add_place_filters(filters) -%}
    {%- if known_words("population_combine", ["all", "any"]) == ["any"] and filters -%}
        {%- set rules = filters | map(attribute=1) | join(", or ") -%}
        {%- set conditions = filters | map(attribute=2) | join(") or (") -%}
        {%- do steps.append(["any_filter", rules, "(" ~ conditions ~ ")"]) -%}
    {%- else -%} {%- do steps.extend(filters) -%}
    {%- endif -%}
    {{ return(steps) }}
{%- endmacro %}
