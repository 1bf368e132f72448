{# A query: birth date and parents of each point, as the newest population snapshot on or before its day tells, and the
   birth register where that has none and the birth lies before. Points are a table of pnr and index_date. #}
{% macro parents_as_of(points) -%}
    select
        states.pnr,
        states.index_date,
        coalesce(states.birth_date, births.birth_date) as birth_date,
        coalesce(states.father_pnr, births.father_pnr) as father_pnr,
        coalesce(states.mother_pnr, births.mother_pnr) as mother_pnr
    from
        (
            {{
                as_of(
                    points,
                    "index_date",
                    ref("residents"),
                    "snapshot_date",
                    "pnr",
                    ["birth_date", "father_pnr", "mother_pnr"],
                )
            }}
        ) as states
    left join
        {{ ref("births") }} as births
        on births.pnr = states.pnr
        and births.birth_date <= states.index_date
{%- endmacro %}

{# A query: parents_as_of() with age, and whether the person, the father and the mother are alive and resident on the day, as
   far as was known on it; of a parent who is not stated it is missing. #}
{% macro residence_of_parents(points) -%}
    select
        known.*,
        cast({{ age_at("known.birth_date", "known.index_date") }} as int) as age,
        own_spells.pnr is not null as is_resident
        {%- for parent in ["father", "mother"] %}
            ,
            case
                when known.{{ parent }}_pnr is not null
                then {{ parent }}_spells.pnr is not null
            end as {{ parent }}_resident
        {%- endfor %}
    from ({{ parents_as_of(points) }}) as known
    {%- for who, person in [
            ("own", "pnr"),
            ("father", "father_pnr"),
            ("mother", "mother_pnr"),
        ] %}
        left join
            {{ ref("resident_spells") }} as {{ who }}_spells
            on {{ who }}_spells.pnr = known.{{ person }}
            and {{ is_resident_at(who ~ "_spells", "known.index_date", known=true) }}
    {%- endfor %}
{%- endmacro %}

{# A query: age, residence and parents of each point on its day, and which parents of a child, under adult_age, are resident. #}
{% macro family_status_as_of(points) -%}
    select
        pnr,
        index_date,
        birth_date,
        age,
        age between 0 and {{ var("adult_age") }} - 1 as is_child,
        is_resident,
        father_pnr,
        father_resident,
        mother_pnr,
        mother_resident,
        case
            when age between 0 and {{ var("adult_age") }} - 1
            then {{ family_type("father_resident", "mother_resident") }}
        end as family_type
    from ({{ residence_of_parents(points) }}) as residence
{%- endmacro %}

{# The family type by which parents are resident; a missing answer counts as no. #}
{% macro family_type(father_resident, mother_resident) -%}
    case
        when {{ father_resident }} and {{ mother_resident }}
        then 'two_parents'
        when {{ mother_resident }}
        then 'single_mother'
        when {{ father_resident }}
        then 'single_father'
        else 'no_parent'
    end
{%- endmacro %}

{# A query: what was known of each point, a parent, on its day: the highest level of education, the mean income of the years
   before, the position, whether employed, and whether any diagnosis was made on an earlier day. #}
{% macro parent_record_as_of(points) -%}
    select
        points.pnr,
        points.index_date,
        education.highest_isced_level,
        incomes.mean_income,
        occupation.employment_group,
        case
            when occupation.employment_group <> 'Unknown'
            then occupation.employment_group = 'Employed'
        end as is_employed,
        diagnosed.pnr is not null as has_comorbidity
    from (select pnr, index_date from {{ points }} group by pnr, index_date) as points
    left join
        ({{ education_as_of(points) }}) as education
        on education.pnr = points.pnr
        and education.index_date = points.index_date
    left join
        ({{ mean_income_before(points, var("mean_income_years")) }}) as incomes
        on incomes.pnr = points.pnr
        and incomes.index_date = points.index_date
    left join
        ({{ occupation_as_of(points) }}) as occupation
        on occupation.pnr = points.pnr
        and occupation.index_date = points.index_date
    left join
        ({{ diagnosed_before(points, var("parent_diagnosis_roles")) }}) as diagnosed
        on diagnosed.pnr = points.pnr
        and diagnosed.index_date = points.index_date
{%- endmacro %}

{# A query: the points whose person has a diagnosis of one of the roles that is dated before the day; no roles, any role. #}
{% macro diagnosed_before(points, roles) -%}
    select points.pnr, points.index_date
    from {{ points }} as points
    inner join
        {{ ref("diagnoses") }} as diagnoses
        on diagnoses.pnr = points.pnr
        and {{ in_lookback("diagnoses.admission_date", "points.index_date") }}
    {% if roles %} where diagnoses.diagnosis_role in ({{ quoted(roles) }}) {% endif %}
    group by points.pnr, points.index_date
{%- endmacro %}
